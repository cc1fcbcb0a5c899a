//! Generation of fresh tokens of every form from a seed, for rule examples, `selftest` and tests.

use super::checksum::{BASE62, crc32_base62, sha256_base32};
use super::shape::Shape;
use super::stateless::HEADER;

/// Generator of tokens that nobody ever issued. Equal seeds give equal tokens.
#[derive(Clone, Debug)]
pub struct Mint {
    state: u64,
}

/// Form of the claims that GitHub has written into stateless tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatelessForm {
    /// Claims since June 2026, which contain the app id twice.
    Subject,
    /// Claims since July 2026, most of them opaque.
    Context,
}

const HEX: &[u8; 16] = b"0123456789abcdef";
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

impl Mint {
    /// Creates a generator that starts from `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Mint { state: seed }
    }

    /// Returns the next random number (splitmix64).
    pub fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Returns a random number below `limit`, which must not be 0.
    pub fn random_below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next_u64() % limit as u64).unwrap_or_default()
    }

    /// Returns `len` random characters of `alphabet`.
    pub fn text(&mut self, alphabet: &[u8], len: usize) -> Vec<u8> {
        (0..len)
            .map(|_| alphabet[self.random_below(alphabet.len())])
            .collect()
    }

    /// Returns `len` random lower-case hex digits.
    pub fn hex(&mut self, len: usize) -> Vec<u8> {
        self.text(HEX, len)
    }

    /// Returns `len` random base62 characters.
    pub fn random_base62(&mut self, len: usize) -> Vec<u8> {
        self.text(BASE62, len)
    }

    /// Returns a private key in PEM whose armour has this label, with the structure of an RSA key of 2048 bits. Its
    /// numbers are random, so it opens nothing.
    pub fn private_key(&mut self, label: &str) -> String {
        let mut numbers = vec![2, 1, 0];
        for len in [257, 3, 257, 129, 129, 129, 129, 129] {
            numbers.push(2);
            // Lengths from 128 on are written in one or two further bytes.
            match len {
                257 => numbers.extend([0x82, 1, 1, 0]),
                129 => numbers.extend([0x81, 129, 0]),
                _ => numbers.extend([3]),
            }
            numbers.extend(self.random_bytes(len - usize::from(len > 3)));
        }
        let len = u16::try_from(numbers.len()).unwrap_or_default();
        let der = [&[0x30, 0x82][..], &len.to_be_bytes(), &numbers].concat();
        let base64 = data_encoding::BASE64.encode(&der);
        let mut pem = format!("-----BEGIN {label}-----\n");
        for line in base64.as_bytes().chunks(64) {
            pem.push_str(&String::from_utf8_lossy(line));
            pem.push('\n');
        }
        pem.push_str(&format!("-----END {label}-----\n"));
        pem
    }

    /// Returns `len` random bytes.
    pub fn random_bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.next_u64().to_le_bytes()[0]).collect()
    }

    /// Returns a whole token of this shape, with a valid checksum.
    pub fn new_token(&mut self, shape: Shape) -> Vec<u8> {
        match shape {
            Shape::Ghp => self.new_classic(b"ghp_", 30),
            Shape::Gho => self.new_classic(b"gho_", 30),
            Shape::Ghu => self.new_classic(b"ghu_", 30),
            Shape::Ghs => self.new_classic(b"ghs_", 30),
            Shape::Ghr => self.new_classic(b"ghr_", 70),
            Shape::Npm => self.new_classic(b"npm_", 30),
            Shape::GhsStateless => {
                let form = [StatelessForm::Subject, StatelessForm::Context][self.random_below(2)];
                let app = 10_000 + self.random_below(2_500_000);
                let issued = 1_780_000_000 + self.random_below(10_000_000);
                self.stateless(form, app as u64, issued as u64)
            }
            Shape::FineGrained => {
                let owner = self.random_below(200_000_000);
                self.new_fine_grained(u32::try_from(owner).unwrap_or_default())
            }
            Shape::V1Hex => [b"v1.".to_vec(), self.hex(40)].concat(),
            Shape::R1Hex => {
                let len = if self.random_below(2) == 0 { 40 } else { 80 };
                [b"r1.".to_vec(), self.hex(len)].concat()
            }
            Shape::Hex40 => self.hex(40),
            Shape::TestToken => {
                let head = [
                    &b"secret_scanning"[..],
                    b"_ab85fc6f8d7638cf1c11da812da308d43_",
                ]
                .concat();
                [head, self.random_base62(5)].concat()
            }
        }
    }

    /// Returns a fine-grained token of the account with this numeric id.
    pub fn new_fine_grained(&mut self, owner: u32) -> Vec<u8> {
        let id = data_encoding::BASE32.encode(&owner.to_be_bytes());
        let mut token = [b"github_pat_11", &id.as_bytes()[..7], b"0"].concat();
        token.extend(self.random_base62(12));
        token.push(b'_');
        token.extend(self.random_base62(43));
        let sum = sha256_base32(&token);
        token.extend(sum);
        token.extend(self.random_base62(8));
        token
    }

    /// Returns `token` with one character changed to another of the same alphabet. Its checksum is then invalid,
    /// if the form has a checksum that covers this character.
    pub fn damage_token(&mut self, token: &[u8], at: usize) -> Vec<u8> {
        let mut out = token.to_vec();
        let alphabet: &[u8] = if token.starts_with(b"github_pat_") && (77..85).contains(&at) {
            BASE32
        } else {
            BASE62
        };
        while out[at] == token[at] {
            out[at] = alphabet[self.random_below(alphabet.len())];
        }
        out
    }

    fn new_classic(&mut self, prefix: &[u8], random: usize) -> Vec<u8> {
        let body = self.random_base62(random);
        let sum = crc32_base62(&body);
        [prefix, &body, &sum].concat()
    }

    /// Returns a stateless token of the app with this id, valid for an hour from `issued` on (seconds since 1970).
    pub fn stateless(&mut self, form: StatelessForm, app: u64, issued: u64) -> Vec<u8> {
        let expires = issued + 3600;
        let random = |mint: &mut Mint, len| String::from_utf8_lossy(&mint.hex(len)).into_owned();
        let id = [8, 4, 4, 4, 12].map(|len| random(self, len)).join("-");
        let claims = match form {
            StatelessForm::Subject => format!(
                r#"{{"aid":{app},"aud":"/twirp/github.authentication.v0.CredentialManager/","azc":"{}","exp":{expires},"iat":{issued},"iss":"github","jti":"{id}","sub":"integration/{app}"}}"#,
                random(self, 40)
            ),
            StatelessForm::Context => format!(
                r#"{{"aud":"authnd","ctx":"{}","exp":{expires},"iat":{issued},"iss":"github","jti":"{id}","ver":3}}"#,
                random(self, 55)
            ),
        };
        self.stateless_with(app, &claims)
    }

    /// Returns a token with GitHub's header, these claims and a random signature.
    pub fn stateless_with(&mut self, app: u64, claims: &str) -> Vec<u8> {
        let encode = |bytes: &[u8]| data_encoding::BASE64URL_NOPAD.encode(bytes).into_bytes();
        let signature = encode(&self.random_bytes(64));
        let parts = [&HEADER[..], &encode(claims.as_bytes()), &signature];
        [format!("ghs_{app}_").into_bytes(), parts.join(&b'.')].concat()
    }

    /// Returns a stateless token whose header and claims have a form that GitHub has not used so far.
    pub fn opaque_stateless(&mut self) -> Vec<u8> {
        let app = 10_000 + self.random_below(2_500_000);
        let kid = String::from_utf8_lossy(&self.random_base62(8)).into_owned();
        let head = format!(r#"{{"typ":"JWT","alg":"RS256","kid":"{kid}"}}"#);
        let jti = String::from_utf8_lossy(&self.random_base62(20)).into_owned();
        let claims = format!(
            r#"{{"iss":"github","sub":"installation:{}","aud":"api.github.com","iat":{},"jti":"{jti}"}}"#,
            10_000_000 + self.random_below(90_000_000),
            1_780_000_000 + self.random_below(1_000_000),
        );
        let signature: Vec<u8> = self.random_bytes(192);
        let b64 = |bytes: &[u8]| data_encoding::BASE64URL_NOPAD.encode(bytes);
        let jwt = [
            b64(head.as_bytes()),
            b64(claims.as_bytes()),
            b64(&signature),
        ]
        .join(".");
        format!("ghs_{app}_{jwt}").into_bytes()
    }
}
