-- One counter, raised by every transaction that changes something. Rows that
-- watches and folds look for carry its value.
CREATE TABLE clock (
  id     INTEGER PRIMARY KEY CHECK (id = 0),
  change INTEGER NOT NULL
);
INSERT INTO clock VALUES (0, 0);

CREATE TABLE locations (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  ident         TEXT NOT NULL UNIQUE,
  name          TEXT NOT NULL DEFAULT '',
  image         TEXT NOT NULL DEFAULT '',
  hash          TEXT NOT NULL DEFAULT '',
  revision      INTEGER NOT NULL DEFAULT 0,
  registered_at INTEGER NOT NULL DEFAULT 0,
  change        INTEGER NOT NULL DEFAULT 0
);

-- Every name of an asset or step that was ever declared or recorded.
CREATE TABLE assets (
  id         INTEGER PRIMARY KEY,
  loc        INTEGER NOT NULL,
  name       TEXT NOT NULL,
  position   INTEGER,
  removed    INTEGER NOT NULL DEFAULT 0,
  definition BLOB,
  UNIQUE (loc, name)
);
CREATE INDEX assets_declared ON assets (loc, position) WHERE position IS NOT NULL;
CREATE INDEX assets_removed ON assets (loc, name) WHERE removed = 1;

-- The heads. status and what follows it are NULL or 0 for streams of assets.
CREATE TABLE streams (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  loc        INTEGER NOT NULL,
  ident      TEXT NOT NULL,
  seq        INTEGER NOT NULL,
  time       INTEGER NOT NULL,
  change     INTEGER NOT NULL,
  status     INTEGER,
  launcher   TEXT,
  created_at INTEGER NOT NULL,
  epoch      INTEGER NOT NULL DEFAULT 0,
  lease_end  INTEGER NOT NULL DEFAULT 0,
  canceling  INTEGER NOT NULL DEFAULT 0,
  run_change INTEGER NOT NULL DEFAULT 0,
  total      INTEGER NOT NULL DEFAULT 0,
  succeeded  INTEGER NOT NULL DEFAULT 0,
  failed     INTEGER NOT NULL DEFAULT 0,
  skipped    INTEGER NOT NULL DEFAULT 0,
  canceled   INTEGER NOT NULL DEFAULT 0,
  UNIQUE (ident, loc)
);
CREATE INDEX streams_change ON streams (loc, change);
CREATE INDEX streams_created ON streams (loc, created_at, id) WHERE status IS NOT NULL;
CREATE INDEX streams_status ON streams (loc, status, created_at, id) WHERE status IS NOT NULL;
CREATE INDEX streams_launcher ON streams (loc, launcher, created_at, id) WHERE launcher IS NOT NULL;

-- What changes seldom about a run. Its RunCreated is event 1.
CREATE TABLE runs (
  stream       INTEGER PRIMARY KEY,
  digest       TEXT NOT NULL,
  priority     INTEGER NOT NULL,
  block_reason TEXT NOT NULL DEFAULT '',
  cause        TEXT NOT NULL DEFAULT '',
  executor     TEXT NOT NULL DEFAULT '',
  started_at   INTEGER NOT NULL DEFAULT 0,
  ended_at     INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE run_counts (
  loc    INTEGER NOT NULL,
  status INTEGER NOT NULL,
  shard  INTEGER NOT NULL,
  n      INTEGER NOT NULL,
  PRIMARY KEY (loc, status, shard)
) WITHOUT ROWID;
CREATE TABLE run_assets (
  asset      INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  stream     INTEGER NOT NULL,
  PRIMARY KEY (asset, created_at, stream)
) WITHOUT ROWID;
CREATE TABLE run_tags (
  loc        INTEGER NOT NULL,
  key        TEXT NOT NULL,
  value      TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  stream     INTEGER NOT NULL,
  PRIMARY KEY (loc, key, value, created_at, stream)
) WITHOUT ROWID;
CREATE INDEX run_tags_key ON run_tags (loc, key, created_at, stream);
-- The single keys that runs select; a run that selects a range has a row with
-- the empty key, and its ranges are looked at one by one.
CREATE TABLE run_keys (
  loc        INTEGER NOT NULL,
  key        TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  stream     INTEGER NOT NULL,
  PRIMARY KEY (loc, key, created_at, stream)
) WITHOUT ROWID;

-- type is a number for the types of this schema, a text for all others.
-- asset and change are set for what tells something about an asset.
CREATE TABLE events (
  stream  INTEGER NOT NULL,
  seq     INTEGER NOT NULL,
  time    INTEGER NOT NULL,
  type    ANY NOT NULL,
  step    INTEGER,
  key     TEXT,
  attempt INTEGER,
  asset   INTEGER,
  change  INTEGER,
  payload BLOB NOT NULL,
  PRIMARY KEY (stream, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX events_asset ON events (asset, type, change, seq) WHERE asset IS NOT NULL;
CREATE INDEX events_key ON events (asset, key, change, seq) WHERE asset IS NOT NULL AND key IS NOT NULL;

-- Attempts that are launched and not settled.
CREATE TABLE attempts (
  stream INTEGER NOT NULL,
  step   INTEGER NOT NULL,
  key    TEXT NOT NULL,
  number INTEGER NOT NULL,
  token  TEXT NOT NULL,
  PRIMARY KEY (stream, step, key, number)
) WITHOUT ROWID;
-- The last counter of each writer of a stream.
CREATE TABLE writers (
  stream  INTEGER NOT NULL,
  writer  TEXT NOT NULL,
  counter INTEGER NOT NULL,
  PRIMARY KEY (stream, writer)
) WITHOUT ROWID;

-- One row for each key of each asset about which something is known. kept and
-- fail_run take the place of what they refer to once the run is deleted.
CREATE TABLE partitions (
  asset       INTEGER NOT NULL,
  key         TEXT NOT NULL,
  mat_stream  INTEGER,
  mat_seq     INTEGER,
  mat_attempt INTEGER,
  mat_time    INTEGER,
  mat_change  INTEGER,
  fail_stream INTEGER,
  fail_time   INTEGER,
  fail_change INTEGER,
  kept        BLOB,
  fail_run    TEXT,
  PRIMARY KEY (asset, key)
) WITHOUT ROWID;
CREATE INDEX partitions_latest ON partitions (asset, mat_change, mat_seq) WHERE mat_change IS NOT NULL;
CREATE INDEX partitions_failed ON partitions (asset, fail_change) WHERE fail_change IS NOT NULL;

-- The sets of an asset hold its rows up to change. outside is the number of
-- rows whose keys were not among the keys of the space then.
CREATE TABLE folds (
  asset       INTEGER PRIMARY KEY,
  fingerprint TEXT NOT NULL,
  change      INTEGER NOT NULL,
  keys        INTEGER NOT NULL,
  outside     INTEGER NOT NULL
);
CREATE TABLE chunks (
  asset  INTEGER NOT NULL,
  status INTEGER NOT NULL,
  chunk  INTEGER NOT NULL,
  bits   BLOB NOT NULL,
  PRIMARY KEY (asset, status, chunk)
);

CREATE TABLE requests (
  loc    INTEGER NOT NULL,
  kind   INTEGER NOT NULL,
  id     TEXT NOT NULL,
  at     INTEGER NOT NULL,
  method TEXT NOT NULL,
  digest TEXT NOT NULL,
  answer BLOB NOT NULL,
  PRIMARY KEY (loc, kind, id)
) WITHOUT ROWID;
CREATE INDEX requests_at ON requests (at);

CREATE TABLE deleted (
  loc    INTEGER NOT NULL,
  change INTEGER NOT NULL,
  ident  TEXT NOT NULL,
  at     INTEGER NOT NULL,
  PRIMARY KEY (loc, change)
) WITHOUT ROWID;
CREATE INDEX deleted_at ON deleted (at);

CREATE TABLE logs (
  stream  INTEGER NOT NULL,
  seq     INTEGER NOT NULL,
  source  INTEGER NOT NULL,
  time    INTEGER NOT NULL,
  level   TEXT NOT NULL,
  text    TEXT NOT NULL,
  attrs   BLOB,
  dropped INTEGER NOT NULL,
  bytes   INTEGER NOT NULL,
  PRIMARY KEY (stream, seq)
) WITHOUT ROWID;
CREATE INDEX logs_source ON logs (source, seq);
-- One row for each stream of each attempt.
CREATE TABLE log_sources (
  id      INTEGER PRIMARY KEY AUTOINCREMENT,
  stream  INTEGER NOT NULL,
  step    TEXT NOT NULL,
  key     TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  kind    TEXT NOT NULL,
  bytes   INTEGER NOT NULL,
  UNIQUE (stream, step, key, attempt, kind)
);
CREATE TABLE log_heads (
  stream INTEGER PRIMARY KEY,
  loc    INTEGER NOT NULL,
  seq    INTEGER NOT NULL,
  change INTEGER NOT NULL
);
CREATE INDEX log_heads_change ON log_heads (loc, change);
