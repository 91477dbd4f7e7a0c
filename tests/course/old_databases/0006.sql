BEGIN TRANSACTION;
CREATE TABLE accounts (
	name TEXT NOT NULL, 
	role TEXT NOT NULL, 
	sections JSON NOT NULL, 
	password TEXT DEFAULT '' NOT NULL, 
	CONSTRAINT pk_accounts PRIMARY KEY (name)
);
INSERT INTO "accounts" VALUES('ann','owner','[]','');
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0006');
CREATE TABLE "attempts" (
	assignment TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	owner TEXT NOT NULL, 
	number INTEGER NOT NULL, 
	submitted VARCHAR(32), 
	time_source TEXT NOT NULL, 
	late BOOLEAN, 
	entry TEXT NOT NULL, 
	counted BOOLEAN NOT NULL, 
	why TEXT NOT NULL, 
	source TEXT NOT NULL, 
	comment TEXT NOT NULL, 
	problem TEXT NOT NULL, 
	digest TEXT NOT NULL, 
	active BOOLEAN DEFAULT 1 NOT NULL, 
	CONSTRAINT pk_attempts PRIMARY KEY (assignment, "key"), 
	CONSTRAINT fk_attempts_owner FOREIGN KEY(owner) REFERENCES people ("key")
);
INSERT INTO "attempts" VALUES('hw1','1:annsmith_12','annsmith_12',1,NULL,'',NULL,'',1,'','','','','',1);
CREATE TABLE comparisons (
	id INTEGER NOT NULL, 
	assignment TEXT NOT NULL, 
	body BLOB NOT NULL, 
	who TEXT NOT NULL, 
	at VARCHAR(32) NOT NULL, 
	CONSTRAINT pk_comparisons PRIMARY KEY (id)
);
CREATE TABLE extensions (
	id INTEGER NOT NULL, 
	assignment TEXT NOT NULL, 
	scope TEXT NOT NULL, 
	target TEXT NOT NULL, 
	due VARCHAR(32), 
	minutes FLOAT NOT NULL, 
	why TEXT NOT NULL, 
	who TEXT NOT NULL, 
	at VARCHAR(32) NOT NULL, 
	revoked_by TEXT NOT NULL, 
	revoked_at VARCHAR(32), 
	revoked_why TEXT NOT NULL, 
	CONSTRAINT pk_extensions PRIMARY KEY (id)
);
CREATE TABLE files (
	assignment TEXT NOT NULL, 
	attempt TEXT NOT NULL, 
	position INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	path TEXT NOT NULL, 
	CONSTRAINT pk_files PRIMARY KEY (assignment, attempt, position), 
	CONSTRAINT fk_files_assignment_attempt FOREIGN KEY(assignment, attempt) REFERENCES attempts (assignment, "key")
);
CREATE TABLE flags (
	id INTEGER NOT NULL, 
	assignment TEXT NOT NULL, 
	person TEXT NOT NULL, 
	notebook TEXT NOT NULL, 
	question TEXT NOT NULL, 
	who TEXT NOT NULL, 
	at VARCHAR(32) NOT NULL, 
	settled_by TEXT NOT NULL, 
	settled_at VARCHAR(32), 
	CONSTRAINT pk_flags PRIMARY KEY (id), 
	CONSTRAINT fk_flags_person FOREIGN KEY(person) REFERENCES people ("key")
);
CREATE TABLE "ids" (
	person TEXT NOT NULL, 
	platform TEXT NOT NULL, 
	id TEXT NOT NULL, 
	assignment TEXT DEFAULT ('') NOT NULL, 
	CONSTRAINT pk_ids PRIMARY KEY (person, platform, assignment), 
	CONSTRAINT fk_ids_person FOREIGN KEY(person) REFERENCES people ("key")
);
INSERT INTO "ids" VALUES('annsmith_12','canvas','12','');
INSERT INTO "ids" VALUES('annsmith_12','login','ann','');
CREATE TABLE log (
	id INTEGER NOT NULL, 
	who TEXT NOT NULL, 
	at VARCHAR(32) NOT NULL, 
	what TEXT NOT NULL, 
	assignment TEXT NOT NULL, 
	person TEXT NOT NULL, 
	details JSON NOT NULL, 
	CONSTRAINT pk_log PRIMARY KEY (id)
);
CREATE TABLE marked_answers (
	id INTEGER NOT NULL, 
	act INTEGER NOT NULL, 
	assignment TEXT NOT NULL, 
	person TEXT NOT NULL, 
	notebook TEXT NOT NULL, 
	question TEXT NOT NULL, 
	items JSON NOT NULL, 
	adjustment FLOAT NOT NULL, 
	comment TEXT NOT NULL, 
	mark INTEGER NOT NULL, 
	earlier_mark INTEGER, 
	CONSTRAINT pk_marked_answers PRIMARY KEY (id), 
	CONSTRAINT fk_marked_answers_act FOREIGN KEY(act) REFERENCES marking_acts (id), 
	CONSTRAINT fk_marked_answers_person FOREIGN KEY(person) REFERENCES people ("key"), 
	CONSTRAINT fk_marked_answers_mark FOREIGN KEY(mark) REFERENCES marks (id), 
	CONSTRAINT fk_marked_answers_earlier_mark FOREIGN KEY(earlier_mark) REFERENCES marks (id)
);
CREATE TABLE marking_acts (
	id INTEGER NOT NULL, 
	"key" VARCHAR(64) NOT NULL, 
	assignment TEXT NOT NULL, 
	notebook TEXT NOT NULL, 
	question TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	who TEXT NOT NULL, 
	at VARCHAR(32) NOT NULL, 
	CONSTRAINT pk_marking_acts PRIMARY KEY (id), 
	CONSTRAINT uq_marking_acts_key UNIQUE ("key")
);
CREATE TABLE marking_rules (
	assignment TEXT NOT NULL, 
	blind BOOLEAN NOT NULL, 
	split TEXT NOT NULL, 
	markers JSON NOT NULL, 
	CONSTRAINT pk_marking_rules PRIMARY KEY (assignment)
);
CREATE TABLE marks (
	id INTEGER NOT NULL, 
	assignment TEXT NOT NULL, 
	person TEXT NOT NULL, 
	notebook TEXT NOT NULL, 
	question TEXT NOT NULL, 
	points FLOAT, 
	comment TEXT NOT NULL, 
	version TEXT NOT NULL, 
	taken_back BOOLEAN NOT NULL, 
	who TEXT NOT NULL, 
	at VARCHAR(32) NOT NULL, 
	CONSTRAINT pk_marks PRIMARY KEY (id), 
	CONSTRAINT fk_marks_person FOREIGN KEY(person) REFERENCES people ("key")
);
CREATE TABLE members (
	assignment TEXT NOT NULL, 
	attempt TEXT NOT NULL, 
	person TEXT NOT NULL, 
	position INTEGER NOT NULL, 
	CONSTRAINT pk_members PRIMARY KEY (assignment, attempt, person), 
	CONSTRAINT fk_members_assignment_attempt FOREIGN KEY(assignment, attempt) REFERENCES attempts (assignment, "key"), 
	CONSTRAINT fk_members_person FOREIGN KEY(person) REFERENCES people ("key")
);
INSERT INTO "members" VALUES('hw1','1:annsmith_12','annsmith_12',0);
CREATE TABLE overrides (
	id INTEGER NOT NULL, 
	assignment TEXT NOT NULL, 
	person TEXT NOT NULL, 
	scope TEXT NOT NULL, 
	target TEXT NOT NULL, 
	points FLOAT, 
	outcome TEXT NOT NULL, 
	why TEXT NOT NULL, 
	note TEXT NOT NULL, 
	who TEXT NOT NULL, 
	at VARCHAR(32) NOT NULL, 
	revoked_by TEXT NOT NULL, 
	revoked_at VARCHAR(32), 
	revoked_why TEXT NOT NULL, 
	CONSTRAINT pk_overrides PRIMARY KEY (id), 
	CONSTRAINT fk_overrides_person FOREIGN KEY(person) REFERENCES people ("key")
);
CREATE TABLE people (
	"key" TEXT NOT NULL, 
	name TEXT NOT NULL, 
	email TEXT NOT NULL, 
	section TEXT NOT NULL, 
	team TEXT NOT NULL, 
	withdrawn BOOLEAN NOT NULL, 
	CONSTRAINT pk_people PRIMARY KEY ("key")
);
INSERT INTO "people" VALUES('annsmith_12','Ann Smith','ann@uni.edu','A','Team 1',0);
CREATE TABLE requests (
	id INTEGER NOT NULL, 
	assignment TEXT NOT NULL, 
	person TEXT NOT NULL, 
	about TEXT NOT NULL, 
	text TEXT NOT NULL, 
	asked VARCHAR(32), 
	state TEXT NOT NULL, 
	answer TEXT NOT NULL, 
	who TEXT NOT NULL, 
	at VARCHAR(32) NOT NULL, 
	CONSTRAINT pk_requests PRIMARY KEY (id), 
	CONSTRAINT fk_requests_person FOREIGN KEY(person) REFERENCES people ("key")
);
CREATE TABLE results (
	content VARCHAR(64) NOT NULL, 
	body BLOB NOT NULL, 
	CONSTRAINT pk_results PRIMARY KEY (content)
);
CREATE TABLE run_results (
	run INTEGER NOT NULL, 
	submission TEXT NOT NULL, 
	attempt TEXT NOT NULL, 
	content VARCHAR(64) NOT NULL, 
	inputs VARCHAR(64) NOT NULL, 
	CONSTRAINT pk_run_results PRIMARY KEY (run, submission), 
	CONSTRAINT fk_run_results_content FOREIGN KEY(content) REFERENCES results (content), 
	CONSTRAINT fk_run_results_run FOREIGN KEY(run) REFERENCES runs (id)
);
CREATE TABLE runs (
	id INTEGER NOT NULL, 
	assignment TEXT NOT NULL, 
	why TEXT NOT NULL, 
	harness TEXT NOT NULL, 
	state TEXT NOT NULL, 
	who TEXT NOT NULL, 
	at VARCHAR(32) NOT NULL, 
	finished VARCHAR(32), 
	CONSTRAINT pk_runs PRIMARY KEY (id)
);
CREATE TABLE scheme_items (
	id INTEGER NOT NULL, 
	assignment TEXT NOT NULL, 
	notebook TEXT NOT NULL, 
	question TEXT NOT NULL, 
	text TEXT NOT NULL, 
	points FLOAT NOT NULL, 
	position INTEGER NOT NULL, 
	removed BOOLEAN NOT NULL, 
	who TEXT NOT NULL, 
	at VARCHAR(32) NOT NULL, 
	CONSTRAINT pk_scheme_items PRIMARY KEY (id)
);
CREATE TABLE schemes (
	assignment TEXT NOT NULL, 
	notebook TEXT NOT NULL, 
	question TEXT NOT NULL, 
	counts_from TEXT NOT NULL, 
	CONSTRAINT pk_schemes PRIMARY KEY (assignment, notebook, question)
);
CREATE TABLE sessions (
	token VARCHAR(64) NOT NULL, 
	account TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	made VARCHAR(32) NOT NULL, 
	expires VARCHAR(32) NOT NULL, 
	CONSTRAINT pk_sessions PRIMARY KEY (token), 
	CONSTRAINT fk_sessions_account FOREIGN KEY(account) REFERENCES accounts (name)
);
CREATE INDEX ix_members_person ON members (person);
CREATE INDEX ix_runs_assignment ON runs (assignment);
CREATE INDEX ix_run_results_inputs ON run_results (inputs);
CREATE INDEX ix_marks_assignment_person ON marks (assignment, person);
CREATE INDEX ix_overrides_assignment_person ON overrides (assignment, person);
CREATE INDEX ix_extensions_assignment ON extensions (assignment);
CREATE INDEX ix_requests_assignment_person ON requests (assignment, person);
CREATE INDEX ix_log_person ON log (person);
CREATE UNIQUE INDEX ix_ids_one_holder ON ids (platform, assignment, id) WHERE platform != 'gradescope';
CREATE INDEX ix_attempts_owner ON attempts (owner);
CREATE INDEX ix_comparisons_assignment ON comparisons (assignment);
CREATE INDEX ix_sessions_account ON sessions (account);
CREATE INDEX ix_scheme_items_assignment ON scheme_items (assignment);
CREATE INDEX ix_marking_acts_assignment ON marking_acts (assignment);
CREATE INDEX ix_marked_answers_assignment_notebook_question ON marked_answers (assignment, notebook, question);
CREATE INDEX ix_marked_answers_act ON marked_answers (act);
CREATE INDEX ix_flags_assignment ON flags (assignment);
COMMIT;
