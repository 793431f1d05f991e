//! What each format's fixture becomes, as files to review in `snapshots/`.

use crate::outline::{fixture, outline};

macro_rules! formats {
    ($($name:ident: $file:literal;)*) => {
        $(
            #[test]
            fn $name() {
                let mut settings = insta::Settings::clone_current();
                settings.set_prepend_module_to_snapshot(false);
                settings.set_omit_expression(true);
                settings.bind(|| insta::assert_snapshot!(stringify!($name), outline(&fixture($file)).unwrap()));
            }
        )*
    };
}

formats! {
    chatgpt: "chatgpt.json";
    claude: "claude.json";
    open_webui: "open_webui.json";
    librechat: "librechat.json";
    chatbox: "chatbox.json";
    nextchat: "nextchat.json";
    jan: "jan";
    llama_cpp: "llama_cpp.json";
    llama_cpp_lines: "llama_cpp.jsonl";
}
