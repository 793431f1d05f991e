//! Walking through XML that a stranger wrote.

use crate::PrepareError;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::QName;
use quick_xml::{Error, Reader, XmlVersion};
use std::io::{self, BufRead};

/// Elements within elements.
const DEPTH: usize = 400;

/// What is met on the way. Names are without their prefix.
pub(super) enum Node<'a> {
    Open(Tag<'a>),
    Close(&'a str),
    Text(&'a str),
}

/// An element's name and attributes.
#[derive(Clone, Copy)]
pub(super) struct Tag<'a>(&'a BytesStart<'a>);

impl Tag<'_> {
    pub fn name(&self) -> &str {
        self.0.local_name().into_inner()
    }

    /// The attribute of this name, whatever its prefix; none if it cannot be read.
    pub fn attribute(&self, name: &str) -> Option<String> {
        self.find(|key| key.local_name().into_inner() == name)
    }

    /// The attribute with its prefix, where two differ in that alone.
    pub fn prefixed(&self, name: &str) -> Option<String> {
        self.find(|key| key.into_inner() == name)
    }

    fn find(&self, wanted: impl Fn(QName<'_>) -> bool) -> Option<String> {
        let mut attributes = self.0.attributes();
        // That no name stands twice is looked at in a time that grows with the square of their number.
        let mut known = attributes.with_checks(false).filter_map(Result::ok);
        let found = known.find(|attribute| wanted(attribute.key))?;
        Some(found.normalized_value(XmlVersion::Implicit1_0).ok()?.into_owned())
    }

    pub fn number(&self, name: &str) -> Option<u32> {
        self.attribute(name)?.parse().ok()
    }
}

/// Gives each node to `each`, in order.
pub(super) fn walk(
    source: impl BufRead,
    mut each: impl FnMut(Node<'_>) -> Result<(), PrepareError>,
) -> Result<(), PrepareError> {
    let mut reader = Reader::from_reader(source);
    let (mut buffer, mut depth) = (Vec::new(), 0_usize);
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer).map_err(|error| unreadable(&error))? {
            Event::Start(start) => {
                depth += 1;
                if depth > DEPTH {
                    return Err(PrepareError::Damaged("it is nested too deep".into()));
                }
                each(Node::Open(Tag(&start)))?;
            }
            Event::Empty(start) => {
                each(Node::Open(Tag(&start)))?;
                each(Node::Close(start.local_name().into_inner()))?;
            }
            Event::End(end) => {
                depth = depth.saturating_sub(1);
                each(Node::Close(end.local_name().into_inner()))?;
            }
            Event::Text(text) => each(Node::Text(&text.xml_content(XmlVersion::Implicit1_0)))?,
            Event::CData(text) => each(Node::Text(&text.xml_content(XmlVersion::Implicit1_0)))?,
            Event::GeneralRef(name) => {
                let sign = match &*name {
                    "lt" => Some('<'),
                    "gt" => Some('>'),
                    "amp" => Some('&'),
                    "apos" => Some('\''),
                    "quot" => Some('"'),
                    // One of its own definitions, and there are none.
                    _ => name.resolve_char_ref().ok().flatten(),
                };
                if let Some(sign) = sign {
                    each(Node::Text(sign.encode_utf8(&mut [0; 4])))?;
                }
            }
            // Definitions can hold each other and grow without end. No office program writes any.
            Event::DocType(_) => return Err(PrepareError::Damaged("it brings definitions of its own".into())),
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
            Event::Eof => return Ok(()),
        }
    }
}

fn unreadable(error: &Error) -> PrepareError {
    match error {
        Error::Io(error) => broken(error),
        other => PrepareError::Damaged(other.to_string()),
    }
}

/// What the zip below said.
pub(super) fn broken(error: &io::Error) -> PrepareError {
    match error.kind() {
        io::ErrorKind::FileTooLarge => PrepareError::TooLarge,
        _ => PrepareError::Damaged(error.to_string()),
    }
}
