-- A stand-in may lose its last second in a power cut; in return a write takes microseconds.
-- With a write-ahead log a person can read the file while the catalog runs.
PRAGMA journal_mode = WAL;
PRAGMA synchronous = OFF;

CREATE TABLE IF NOT EXISTS blueprints (
    identifier TEXT PRIMARY KEY,
    body TEXT NOT NULL -- as Port would return it
);

-- Cursors of a listing point into the order of this primary key.
CREATE TABLE IF NOT EXISTS entities (
    blueprint TEXT NOT NULL,
    identifier TEXT NOT NULL,
    title TEXT,
    icon TEXT,
    team TEXT, -- JSON
    properties TEXT NOT NULL, -- JSON object
    relations TEXT NOT NULL, -- JSON object of identifiers, lists of them, or null
    datasource TEXT NOT NULL, -- the User-Agent of the last writer
    resync_id TEXT NOT NULL, -- of the last writer, '' outside of a resync
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    PRIMARY KEY (blueprint, identifier)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS deletions (
    sequence INTEGER PRIMARY KEY,
    blueprint TEXT NOT NULL,
    identifier TEXT NOT NULL,
    title TEXT,
    cause TEXT NOT NULL,
    datasource TEXT NOT NULL,
    resync_id TEXT NOT NULL,
    deleted_at TEXT NOT NULL
);

CREATE TABLE IF NOT EXISTS migrations (sequence INTEGER PRIMARY KEY, blueprint TEXT NOT NULL);

CREATE TABLE IF NOT EXISTS integrations (identifier TEXT PRIMARY KEY, body TEXT NOT NULL);

CREATE TABLE IF NOT EXISTS cursors (
    integration TEXT NOT NULL,
    kind TEXT NOT NULL,
    kind_index TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (integration, kind, kind_index)
);

CREATE TABLE IF NOT EXISTS kind_statuses (
    resync_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    kind_index INTEGER NOT NULL,
    blueprint TEXT NOT NULL,
    state TEXT NOT NULL,
    metrics TEXT NOT NULL,
    PRIMARY KEY (resync_id, kind, kind_index)
);

CREATE TABLE IF NOT EXISTS examples (kind TEXT NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS logs (body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS resources (category TEXT NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS unknown_requests (request TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS requests (
    method TEXT NOT NULL,
    route TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (method, route)
);

-- What the page counts with: much smaller than the entities themselves.
CREATE INDEX IF NOT EXISTS entities_by_title ON entities (blueprint, title);

CREATE TABLE IF NOT EXISTS resyncs (
    resync_id TEXT PRIMARY KEY,
    begun_at TEXT NOT NULL, -- when it was first reported of
    reported_at TEXT NOT NULL -- when it was last reported of
);

-- What a recorder beside the integration saw: requests to the API, without any secret.
CREATE TABLE IF NOT EXISTS exchanges (
    sequence INTEGER PRIMARY KEY,
    resync_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    purpose TEXT NOT NULL,
    method TEXT NOT NULL,
    url TEXT NOT NULL,
    status INTEGER, -- null: no complete answer
    bytes INTEGER NOT NULL,
    seconds REAL NOT NULL,
    attempt INTEGER NOT NULL,
    sent_at TEXT NOT NULL
);

-- The item that an entity was mapped from last, without any secret.
CREATE TABLE IF NOT EXISTS raw_items (
    blueprint TEXT NOT NULL,
    identifier TEXT NOT NULL,
    kind TEXT NOT NULL,
    kind_index INTEGER NOT NULL,
    body TEXT NOT NULL, -- JSON
    failures TEXT NOT NULL, -- JSON object: the place of an expression, and what jq said of it
    PRIMARY KEY (blueprint, identifier)
) WITHOUT ROWID;

-- Entities that were refused, with the reason; of each entity of a resync the last one.
CREATE TABLE IF NOT EXISTS refusals (
    resync_id TEXT NOT NULL,
    blueprint TEXT NOT NULL,
    identifier TEXT NOT NULL,
    message TEXT NOT NULL,
    PRIMARY KEY (resync_id, blueprint, identifier)
);

-- Resources whose reading was bounded and left something unread.
CREATE TABLE IF NOT EXISTS bounded_kinds (
    resync_id TEXT NOT NULL,
    kind_index INTEGER NOT NULL,
    PRIMARY KEY (resync_id, kind_index)
);

-- Entities that a kind of a resync made, or that are not what they were before it.
CREATE TABLE IF NOT EXISTS writes (
    resync_id TEXT NOT NULL,
    kind_index INTEGER NOT NULL,
    blueprint TEXT NOT NULL,
    identifier TEXT NOT NULL,
    differences TEXT NOT NULL, -- JSON: what was and what is by name; {} where it is of this resync
    PRIMARY KEY (resync_id, kind_index, blueprint, identifier)
) WITHOUT ROWID;
