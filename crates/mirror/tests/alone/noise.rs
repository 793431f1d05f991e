//! Random requests: from nearly right to none at all. A fixed sequence for each seed, so that a failure can be repeated.

/// What is in queries, headers and bodies of the noise, and so may be in no log line.
pub const MARKS: [&str; 4] = ["QUERYMARK", "HEADERMARK", "BODYMARK", "CANARY"];

pub struct Noise(u64);

pub const METHODS: [&str; 12] =
    ["GET", "POST", "GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PATCH", "BODYMARK"];

const PATHS: [&str; 18] = [
    "/",
    "/api/sse?uid=QUERYMARK",
    "/api/sse?library=1&pace=0",
    "/api/sse?uid=seen&ticket=QUERYMARK",
    "/api/sse?conversation=00000000-0000-0000-0000-000000000000",
    "/api/sse?uid=a&uid=b",
    "/api/start-sse",
    "/api/stop",
    "/api/ticket?QUERYMARK",
    "/api/openapi.json",
    "/api/rpc/conversations_list",
    "/api/rpc/conversation_open",
    "/api/rpc/message_send?QUERYMARK=1",
    "/api/rpc/key_set",
    "/api/rpc/QUERYMARK",
    "/assets/../../QUERYMARK",
    "/%00%ff?QUERYMARK",
    "*",
];

const HEADERS: [&str; 16] = [
    "X-Noise: HEADERMARK",
    "Origin: null",
    "Origin: http://attacker.example",
    "Sec-Fetch-Site: cross-site",
    "Sec-Fetch-Site: same-origin",
    "Last-Event-ID: 1",
    "Last-Event-ID: HEADERMARK",
    "Cookie: token=HEADERMARK",
    "Transfer-Encoding: chunked",
    "Content-Length: 5",
    "Content-Length: 99999999999999999999",
    "Upgrade: websocket",
    "Expect: 100-continue",
    "Content-Type: text/plain",
    "Host: attacker.example",
    "Authorization: Bearer HEADERMARK",
];

const BODIES: [&str; 10] = [
    "",
    "{}",
    "null",
    "[]",
    "{\"uid\":\"BODYMARK\"}",
    "{\"uid\":\"a\",\"prompt\":\"BODYMARK\"}",
    "{\"conversation\":\"00000000-0000-0000-0000-000000000000\"}",
    "{\"limit\":-1}",
    "{\"BODYMARK\":",
    "\u{feff}{\"a\":\"\\ud800\"}",
];

const GARBAGE: [&str; 12] = [
    "GET ",
    "POST /api/sse",
    " HTTP/1.1\r\n",
    " HTTP/9.9\r\n",
    "\r\n\r\n",
    "\0\0\0",
    "Host: ",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "\u{16}\u{3}\u{1}\u{2}",
    "ffffffffffffffff\r\n",
    "HEADERMARK: é\r\n",
    "\r",
];

impl Noise {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }

    fn one_of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len())]
    }

    /// A request's bytes, whole or not.
    pub fn request(&mut self, port: u16, token: &str) -> Vec<u8> {
        if self.below(6) == 0 {
            return self.garbage();
        }
        let body = self.one_of(&BODIES);
        let mut text = format!("{} {} HTTP/1.1\r\n", self.one_of(&METHODS), self.one_of(&PATHS));
        if self.below(10) > 0 {
            text += &format!("Host: 127.0.0.1:{port}\r\n");
        }
        if self.below(2) == 0 {
            text += &format!("Authorization: Bearer {token}\r\n");
        }
        for _ in 0..self.below(4) {
            text += self.one_of(&HEADERS);
            text += "\r\n";
        }
        if self.below(4) > 0 {
            text += &format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len());
        }
        text += "Connection: close\r\n\r\n";
        text += body;
        let mut bytes = text.into_bytes();
        if self.below(4) == 0 {
            // One byte is another one.
            let (at, byte) = (self.below(bytes.len()), self.below(256) as u8);
            bytes[at] = byte;
        }
        bytes
    }

    fn garbage(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for _ in 0..=self.below(8) {
            match self.below(3) {
                0 => bytes.push(self.below(256) as u8),
                _ => bytes.extend_from_slice(self.one_of(&GARBAGE).as_bytes()),
            }
        }
        bytes
    }
}
