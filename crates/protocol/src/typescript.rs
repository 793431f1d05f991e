//! Writes the TypeScript side of this crate. Used by `cargo xtask codegen` only.

use crate::*;
use std::any::TypeId;
use std::collections::{BTreeMap, HashSet};
use ts_rs::{Config, TS, TypeVisitor};

/// Receives each row of the command table.
pub trait VisitCommand {
    /// One command.
    fn command<Request: TS + 'static, Response: TS + 'static>(&mut self, name: &str, doc: &str);
}

struct Declarations {
    config: Config,
    seen: HashSet<TypeId>,
    types: BTreeMap<String, String>,
    commands: String,
    roles: String,
}

impl TypeVisitor for Declarations {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        if !self.seen.insert(TypeId::of::<T>()) {
            return;
        }
        // Primitives and containers have no declaration of their own, but may contain types that do.
        if T::output_path().is_some() {
            let name = T::ident(&self.config);
            let docs = T::docs().unwrap_or_default();
            self.types.insert(name, format!("{docs}export {}", T::decl(&self.config)));
        }
        T::visit_dependencies(self);
        T::visit_generics(self);
    }
}

impl VisitCommand for Declarations {
    fn command<Request: TS + 'static, Response: TS + 'static>(&mut self, name: &str, doc: &str) {
        self.visit::<Request>();
        self.visit::<Response>();
        let (request, response) = (Request::name(&self.config), Response::name(&self.config));
        self.commands.push_str(&format!("  /** {doc} */\n  {name}: {{ request: {request}; response: {response} }};\n"));
        let role = command::required_role(name).unwrap_or(command::Role::Window);
        let role = serde_json::to_string(&role).unwrap_or_default();
        self.roles.push_str(&format!("  {name}: {role},\n"));
    }
}

/// The whole of `ui/src/protocol/generated.ts`.
pub fn generated() -> String {
    let mut out = Declarations {
        config: Config::new().with_large_int("number"),
        seen: HashSet::new(),
        types: BTreeMap::new(),
        commands: String::new(),
        roles: String::new(),
    };
    out.visit::<Batch>();
    out.visit::<LibraryEvent>();
    out.visit::<ClosingAsked>();
    out.visit::<ApiError>();
    // Of a window whose core did not start.
    out.visit::<Trouble>();
    out.visit::<Rescue>();
    out.visit::<Rescued>();
    command::for_typescript(&mut out);
    let types: Vec<String> = out.types.into_values().collect();
    format!(
        "// Written by `cargo xtask codegen` from crates/protocol. Do not edit.\n\n{}\n\n\
         /** Every command: its request and its response. */\nexport interface Commands {{\n{}}}\n\n\
         /** The least role that may call a command. */\n\
         export const commandRoles: Record<keyof Commands, CallerRole> = {{\n{}}};\n",
        types.join("\n\n"),
        out.commands,
        out.roles
    )
}
