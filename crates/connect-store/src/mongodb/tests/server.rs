//! A stand-in for MongoDB: what the store asks of a server, and nothing else. Whatever it does not
//! know is an error and is remembered.

use std::sync::{Arc, Mutex};

use mongodb::bson::{Bson, Document, doc};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

/// The stand-in, running until it is dropped.
pub(super) struct Server {
    pub(super) port: u16,
    content: Arc<Mutex<Content>>,
    _task: JoinSet<()>,
}

#[derive(Default)]
struct Content {
    /// Name of the collection and the document.
    documents: Vec<(String, Document)>,
    /// Collection and the fields that are unique together.
    unique: Vec<(String, Vec<String>)>,
    unknown: Vec<String>,
}

pub(super) async fn start() -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let content = Arc::new(Mutex::new(Content::default()));
    let mut task = JoinSet::new();
    let shared = Arc::clone(&content);
    task.spawn(async move {
        let mut connections = JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            connections.spawn(serve(stream, Arc::clone(&shared)));
        }
    });
    Server {
        port,
        content,
        _task: task,
    }
}

impl Server {
    pub(super) fn assert_understood(&self) {
        let content = self.content.lock().unwrap();
        assert!(content.unknown.is_empty(), "{:?}", content.unknown);
        assert_eq!(content.unique.len(), 2, "{:?}", content.unique);
    }
}

/// Messages of one connection: `OP_QUERY` for the first `hello`, `OP_MSG` for the rest.
async fn serve(mut stream: TcpStream, content: Arc<Mutex<Content>>) {
    loop {
        let mut header = [0; 16];
        if stream.read_exact(&mut header).await.is_err() {
            return;
        }
        let word = |at: usize| i32::from_le_bytes(header[at..at + 4].try_into().unwrap());
        let mut body = vec![0; usize::try_from(word(0)).unwrap() - 16];
        stream.read_exact(&mut body).await.unwrap();
        let (request, operation) = (word(4), word(12));
        let mut reply = Vec::new();
        let answer_code = match operation {
            2004 => {
                reply.extend([0; 16]);
                reply.extend(1_i32.to_le_bytes());
                reply.extend(hello().to_vec().unwrap());
                1
            }
            2013 => {
                let command = command(&body);
                reply.extend([0; 5]);
                let answer = content.lock().unwrap().answer(&command);
                reply.extend(answer.to_vec().unwrap());
                2013
            }
            other => panic!("operation {other}"),
        };
        let length = i32::try_from(reply.len() + 16).unwrap();
        let mut whole = Vec::new();
        for word in [length, 0, request, answer_code] {
            whole.extend(word.to_le_bytes());
        }
        whole.extend(reply);
        stream.write_all(&whole).await.unwrap();
    }
}

/// The command of an `OP_MSG`, with its document sequences put in as arrays.
fn command(body: &[u8]) -> Document {
    let (flags, mut rest) = body.split_at(4);
    assert_eq!(flags[0] & 1, 0, "checksums are not expected");
    let mut command = Document::new();
    let length =
        |bytes: &[u8]| usize::try_from(i32::from_le_bytes(bytes[..4].try_into().unwrap())).unwrap();
    while let Some((&kind, section)) = rest.split_first() {
        let size = length(section);
        let (this, behind) = section.split_at(size);
        rest = behind;
        if kind == 0 {
            command.extend(Document::from_reader(this).unwrap());
            continue;
        }
        let name_end = 4 + this[4..].iter().position(|&byte| byte == 0).unwrap();
        let name = String::from_utf8(this[4..name_end].to_vec()).unwrap();
        let mut documents = &this[name_end + 1..];
        let mut array = Vec::new();
        while !documents.is_empty() {
            let (one, others) = documents.split_at(length(documents));
            array.push(Bson::Document(Document::from_reader(one).unwrap()));
            documents = others;
        }
        command.insert(name, array);
    }
    command
}

fn hello() -> Document {
    doc! {"helloOk": true, "ismaster": true, "isWritablePrimary": true, "readOnly": false,
    "maxBsonObjectSize": 16_777_216, "maxMessageSizeBytes": 48_000_000,
    "maxWriteBatchSize": 100_000, "minWireVersion": 0, "maxWireVersion": 21, "ok": 1.0}
}

impl Content {
    fn answer(&mut self, command: &Document) -> Document {
        let (name, target) = command.iter().next().unwrap();
        let collection = target.as_str().unwrap_or_default().to_owned();
        match name.as_str() {
            "hello" | "isMaster" | "ismaster" => hello(),
            "endSessions" | "ping" => doc! {"ok": 1.0},
            "createIndexes" => {
                for index in documents(command, "indexes") {
                    if index.get_bool("unique").unwrap_or(false) {
                        let keys = index.get_document("key").unwrap();
                        let keys = keys.keys().cloned().collect();
                        self.unique.push((collection.clone(), keys));
                    }
                }
                doc! {"ok": 1.0}
            }
            "find" => self.find(command, &collection),
            "update" => self.update(command, &collection),
            "delete" => {
                let before = self.documents.len();
                for delete in documents(command, "deletes") {
                    assert_eq!(delete.get_i32("limit").unwrap(), 0);
                    let filter = delete.get_document("q").unwrap();
                    self.documents
                        .retain(|(place, found)| *place != collection || !matches(found, filter));
                }
                let removed = i32::try_from(before - self.documents.len()).unwrap();
                doc! {"ok": 1.0, "n": removed}
            }
            _ => {
                self.unknown.push(command.to_string());
                doc! {"ok": 0.0, "code": 59, "codeName": "CommandNotFound", "errmsg": "no such command"}
            }
        }
    }

    fn find(&self, command: &Document, collection: &str) -> Document {
        let filter = command.get_document("filter").cloned().unwrap_or_default();
        let place = format!("{}.{collection}", command.get_str("$db").unwrap());
        let mut found: Vec<Document> = self
            .documents
            .iter()
            .filter(|(place, found)| place == collection && matches(found, &filter))
            .map(|(_, found)| found.clone())
            .collect();
        if let Ok(sort) = command.get_document("sort") {
            let (name, order) = sort.iter().next().unwrap();
            assert_eq!((sort.len(), order), (1, &Bson::Int32(1)));
            found.sort_by_key(|found| found.get_str(name).unwrap().to_owned());
        }
        let limit = command
            .get_i64("limit")
            .or(command.get_i32("limit").map(i64::from));
        match limit {
            Ok(0) | Err(_) => {}
            Ok(limit) => found.truncate(usize::try_from(limit.abs()).unwrap()),
        }
        doc! {"ok": 1.0, "cursor": {"id": 0_i64, "ns": place, "firstBatch": found}}
    }

    fn update(&mut self, command: &Document, collection: &str) -> Document {
        let updates = documents(command, "updates");
        assert_eq!(updates.len(), 1);
        let update = &updates[0];
        assert!(!update.get_bool("multi").unwrap_or(false));
        let filter = update.get_document("q").unwrap();
        let new = update.get_document("u").unwrap().clone();
        assert!(
            new.keys().all(|name| !name.starts_with('$')),
            "a replacement"
        );
        let known = self
            .documents
            .iter_mut()
            .find(|(place, found)| place == collection && matches(found, filter));
        if let Some((_, found)) = known {
            *found = new;
            return doc! {"ok": 1.0, "n": 1, "nModified": 1};
        }
        assert!(update.get_bool("upsert").unwrap());
        for (place, fields) in &self.unique {
            let same =
                |found: &Document| fields.iter().all(|name| found.get(name) == new.get(name));
            if place == collection
                && self
                    .documents
                    .iter()
                    .any(|(at, found)| at == place && same(found))
            {
                return doc! {"ok": 1.0, "n": 0,
                "writeErrors": [{"index": 0, "code": 11000, "errmsg": "E11000 duplicate key"}]};
            }
        }
        self.documents.push((collection.to_owned(), new));
        doc! {"ok": 1.0, "n": 1, "nModified": 0, "upserted": [{"index": 0, "_id": 1}]}
    }
}

fn documents(command: &Document, name: &str) -> Vec<Document> {
    let array = command.get_array(name).unwrap();
    let documents = array.iter().map(|item| item.as_document().unwrap().clone());
    documents.collect()
}

/// Equality, `$gt` and `$ne` of texts; anything else is not expected.
fn matches(document: &Document, filter: &Document) -> bool {
    filter.iter().all(|(name, expected)| {
        let found = document.get_str(name).unwrap_or_default();
        match expected {
            Bson::String(expected) => found == expected,
            Bson::Document(condition) => {
                let (operator, value) = condition.iter().next().unwrap();
                let value = value.as_str().unwrap();
                match operator.as_str() {
                    "$gt" => found > value,
                    "$ne" => found != value,
                    other => panic!("operator {other}"),
                }
            }
            other => panic!("condition {other}"),
        }
    })
}
