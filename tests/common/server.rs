//! A small HTTP server for tests: gives out parts of files, and misbehaves in the ways that a test asks for.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

/// What was asked.
#[derive(Debug, Clone)]
pub struct Request {
    /// `GET` or `CONNECT`.
    pub method: String,
    /// Path with query, or host and port.
    pub path: String,
    /// Lines of the head, names in lower case.
    pub headers: Vec<(String, String)>,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }
}

/// What is answered.
#[derive(Debug, Clone, Default)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// The connection is closed after so many bytes of the body.
    pub cut: Option<usize>,
    /// This long nothing comes.
    pub silence: Duration,
    /// Instead of everything else.
    pub raw: Option<Vec<u8>>,
}

impl Reply {
    pub fn status(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    pub fn page(kind: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..Self::status(200) }.with("content-type", kind)
    }

    pub fn redirect(to: &str) -> Self {
        Self::status(302).with("location", to)
    }

    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(other, _)| other != name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The part of a file that is asked for, as a good server gives it.
    pub fn part(bytes: &[u8], request: &Request) -> Self {
        let whole = || Self { body: bytes.to_vec(), ..Self::status(200) }.with("etag", "\"one\"");
        let Some(range) = request.header("range").and_then(|range| range.strip_prefix("bytes=")) else {
            return whole();
        };
        if request.header("if-range").is_some_and(|tag| tag != "\"one\"") {
            return whole();
        }
        let (first, last) = range.split_once('-').unwrap();
        let (first, last): (usize, usize) = match first {
            "" => (bytes.len().saturating_sub(last.parse().unwrap()), bytes.len() - 1),
            first => (first.parse().unwrap(), last.parse::<usize>().unwrap().min(bytes.len() - 1)),
        };
        if first > last {
            return Self::status(416).with("content-range", &format!("bytes */{}", bytes.len()));
        }
        Self { body: bytes[first..=last].to_vec(), ..Self::status(206) }
            .with("content-range", &format!("bytes {first}-{last}/{}", bytes.len()))
            .with("etag", "\"one\"")
            .with("accept-ranges", "bytes")
    }
}

type Handler = dyn Fn(&Request, usize) -> Reply + Send + Sync;

/// A server that runs until the test program ends.
pub struct Server {
    /// Its port on 127.0.0.1.
    pub port: u16,
    log: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    /// Answers each request, which are counted from 0 on.
    pub fn start(handler: impl Fn(&Request, usize) -> Reply + Send + Sync + 'static) -> Self {
        Self::run(Arc::new(handler), None)
    }

    /// The same over TLS, with the certificate in tests/tls.
    pub fn start_tls(handler: impl Fn(&Request, usize) -> Reply + Send + Sync + 'static) -> Self {
        Self::run(Arc::new(handler), Some(tls()))
    }

    fn run(handler: Arc<Handler>, tls: Option<Arc<rustls::ServerConfig>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let log: Arc<Mutex<Vec<Request>>> = Arc::default();
        let shared = Arc::clone(&log);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (handler, log, tls) = (Arc::clone(&handler), Arc::clone(&shared), tls.clone());
                // A client that leaves early is no fault of the test.
                thread::spawn(move || {
                    let _ = match tls {
                        None => serve(stream, &*handler, &log),
                        Some(config) => {
                            let connection = rustls::ServerConnection::new(config).unwrap();
                            serve_on(&mut BufReader::new(rustls::StreamOwned::new(connection, stream)), &*handler, &log)
                        }
                    };
                });
            }
        });
        Self { port, log }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// What was asked so far.
    pub fn requests(&self) -> Vec<Request> {
        self.log.lock().unwrap().clone()
    }
}

fn serve(stream: TcpStream, handler: &Handler, log: &Mutex<Vec<Request>>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    serve_on(&mut BufReader::new(stream), handler, log)
}

fn serve_on<S: Read + Write>(
    stream: &mut BufReader<S>,
    handler: &Handler,
    log: &Mutex<Vec<Request>>,
) -> io::Result<()> {
    while let Some(request) = read(stream)? {
        let number = {
            let mut log = log.lock().unwrap();
            log.push(request.clone());
            log.len() - 1
        };
        let reply = handler(&request, number);
        thread::sleep(reply.silence);
        let out = stream.get_mut();
        if let Some(raw) = reply.raw {
            out.write_all(&raw)?;
            return out.flush();
        }
        let mut head = format!("HTTP/1.1 {} X\r\ncontent-length: {}\r\n", reply.status, reply.body.len());
        for (name, value) in &reply.headers {
            head += &format!("{name}: {value}\r\n");
        }
        out.write_all((head + "\r\n").as_bytes())?;
        out.write_all(&reply.body[..reply.cut.unwrap_or(reply.body.len())])?;
        out.flush()?;
        if reply.cut.is_some() {
            return Ok(());
        }
        if request.method == "CONNECT" && reply.status == 200 {
            return Ok(());
        }
    }
    Ok(())
}

fn read(stream: &mut impl BufRead) -> io::Result<Option<Request>> {
    let mut line = String::new();
    if stream.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line)? == 0 || line.trim().is_empty() {
            return Ok(Some(Request { method, path, headers }));
        }
        if let Some((name, value)) = line.split_once(':') {
            headers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
}

/// A proxy that connects to wherever it is asked, and keeps a list of that.
pub fn proxy() -> (u16, Arc<Mutex<Vec<Request>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let log: Arc<Mutex<Vec<Request>>> = Arc::default();
    let shared = Arc::clone(&log);
    thread::spawn(move || {
        for mut client in listener.incoming().flatten() {
            let log = Arc::clone(&shared);
            thread::spawn(move || {
                let request = read(&mut BufReader::new(client.try_clone().unwrap())).unwrap().unwrap();
                let target = TcpStream::connect(&request.path);
                log.lock().unwrap().push(request);
                let Ok(mut target) = target else { return };
                client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
                let (mut from, mut to) = (client.try_clone().unwrap(), target.try_clone().unwrap());
                thread::spawn(move || io::copy(&mut from, &mut to));
                let _ = io::copy(&mut target, &mut client);
            });
        }
    });
    (port, log)
}

/// Where the certificate of the test's authority is.
pub fn authority() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tls/ca.pem")
}

fn tls() -> Arc<rustls::ServerConfig> {
    use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
    let file = |name: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tls").join(name);
    let chain = vec![CertificateDer::from_pem_file(file("leaf.pem")).unwrap()];
    let key = PrivateKeyDer::from_pem_file(file("leaf.key")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    Arc::new(config.with_no_client_auth().with_single_cert(chain, key).unwrap())
}

/// A zip file with these members, stored as they are.
pub fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for (name, contents) in members {
        let offset = u32::try_from(bytes.len()).unwrap();
        let mut crc = flate2::Crc::new();
        crc.update(contents);
        let size = u32::try_from(contents.len()).unwrap().to_le_bytes();
        let length = u16::try_from(name.len()).unwrap().to_le_bytes();
        bytes.extend(b"PK\x03\x04");
        bytes.extend([0; 10]);
        bytes.extend(crc.sum().to_le_bytes());
        bytes.extend(size);
        bytes.extend(size);
        bytes.extend(length);
        bytes.extend([0; 2]);
        bytes.extend(name.as_bytes());
        bytes.extend(*contents);
        directory.extend(b"PK\x01\x02");
        directory.extend([0; 12]);
        directory.extend(crc.sum().to_le_bytes());
        directory.extend(size);
        directory.extend(size);
        directory.extend(length);
        directory.extend([0; 12]);
        directory.extend(offset.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let start = u32::try_from(bytes.len()).unwrap();
    let count = u16::try_from(members.len()).unwrap().to_le_bytes();
    bytes.extend(&directory);
    bytes.extend(b"PK\x05\x06\0\0\0\0");
    bytes.extend(count);
    bytes.extend(count);
    bytes.extend(u32::try_from(directory.len()).unwrap().to_le_bytes());
    bytes.extend(start.to_le_bytes());
    bytes.extend([0; 2]);
    bytes
}
