"""Checks a downloaded copy of the evidence bucket's ledger for altered, missing and forked records.

It shares no code with the functions that write the ledger: an auditor can read it, and need not trust them. Python 3.9 or
newer and its standard library; it reads files and nothing else, and changes none. The checks come first, the texts last.

The ledger has one chain of records for each key: ledger/<last six characters of the secret's ARN>/<key id>/<number>.json,
numbered from 1. Each record carries in `previous` the SHA-256 of the bytes of the record before it, so that a change to any
record but the newest shows in the next one. Nothing follows the newest one: that it is as it was written, and that no others
came after it, shows from what was told elsewhere: the run records of retire-keys, which name the newest record of each key
(runs/retire-keys/*.json, in the same bucket), and the events that the functions sent (--heads).

No text of a record is ever printed, only its number, its kind if that is a known one, times, digests and names of files.
"""

import argparse
import collections
import datetime
import hashlib
import json
import os
import re
import sys
import textwrap

KINDS = set(
    "current superseded quiet disabling disabled refused proven deleting deleted reinstated orphan adopted abandoned".split()
)
CLASSES = {"ours", "adopted", "orphan"}
GRADES = {None, "object", "question", "ingestion"}
TEXT, NUMBER, TEXT_OR_NULL, OBJECT_OR_NULL = (str,), (int,), (str, type(None)), (dict, type(None))
MEMBERS = {
    "version": NUMBER, "sequence": NUMBER, "previous": TEXT_OR_NULL, "time": TEXT, "function": TEXT, "request_id": TEXT,
    "kind": TEXT, "secret_arn": TEXT, "version_id": TEXT_OR_NULL, "project_id": NUMBER, "key_id": TEXT, "class": TEXT,
    "why": TEXT, "answer": OBJECT_OR_NULL, "attempt": NUMBER,
}

SUFFIX = re.compile(r"[0-9A-Za-z]{6}")
KEY_ID = re.compile(r"[0-9a-f]{32}")
CHAIN = re.compile(f"{SUFFIX.pattern}/{KEY_ID.pattern}")
RECORD_NAME = re.compile(r"(?!00000000)[0-9]{8}\.json")
DIGEST = re.compile(r"[0-9a-f]{64}")
TIME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,9}))?Z")

# In bytes. A record has a few hundred.
LARGEST_RECORD = 1 << 16
# What file managers leave in folders that somebody looked at.
DROPPINGS = {".DS_Store", "Thumbs.db", "desktop.ini"}

# A record that was read: `said` holds its members, or None if it is no record; `placed` is whether it lies where it says.
Record = collections.namedtuple("Record", "sequence path digest said placed")
# What was told elsewhere of a record. `source` is "heads" or "run", `chain` is "AbCdEf/0123..."; of an event that and the
# sequence are None: it names the key and the digest alone.
Head = collections.namedtuple("Head", "source key_id chain sequence digest where")


class Unreadable(ValueError):
    """Why a file cannot be used; never its text."""


class Report:
    """What was found."""

    def __init__(self):
        self.problems, self.warnings = {}, []

    def problem(self, code, path, what):
        # Of two of one kind about one file, the first is enough.
        self.problems.setdefault((code, path), what)

    def missing(self, path, what):
        # What may not be read on this machine is not missing.
        if ("no-access", path) not in self.problems:
            self.problem("missing", path, what)

    def warning(self, path, what):
        self.warnings.append((path, what))


class Chain:
    """What is kept of a key's chain once its records were read."""

    def __init__(self, path, suffix, key_id, records):
        self.path, self.key_id, self.name = path, key_id, f"{suffix}/{key_id}"
        self.digests = {record.sequence: record.digest for record in records}
        self.numbers = {record.digest: record.sequence for record in records}
        self.newest = max(self.digests, default=0)
        # To the second.
        times = [moment(record.said["time"])[:19] + "Z" for record in records if record.said]
        self.first, self.last = min(times, default=None), max(times, default=None)
        # The newest record that was told elsewhere, by source.
        self.confirmed = {}

    def confirmed_by(self):
        return next((source for source in ("heads", "run") if self.confirmed.get(source) == self.newest), None)


# ---- Reading ----


def members_once(pairs):
    members = dict(pairs)
    if len(members) != len(pairs):
        # Two readers of the same bytes might disagree about what they say.
        raise Unreadable("a member stands in it twice")
    return members


def no_number(_word):
    raise Unreadable("it is no JSON")


DECODER = json.JSONDecoder(object_pairs_hook=members_once, parse_constant=no_number)
ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def parse(data):
    """The text of a JSON object and its members, each of which occurs once."""
    try:
        text = data.decode("utf-8")
        members = DECODER.decode(text)
    except Unreadable:
        raise
    except (ValueError, RecursionError):
        raise Unreadable("it is no JSON") from None
    if type(members) is not dict:
        raise Unreadable("it is no JSON object")
    return text, members


def parse_record(data):
    """The text of a record and its members, which are of the types and words that a record has."""
    if len(data) > LARGEST_RECORD:
        raise Unreadable("it is larger than any record")
    text, said = parse(data)
    if said.get("version") != 1:
        raise Unreadable("it is not of version 1, the only one that this program knows")
    for name, types in MEMBERS.items():
        # By type, not by isinstance: true is no number.
        if name not in said or type(said[name]) not in types:
            raise Unreadable(f"its member `{name}` is missing or of the wrong type")
    grade = said.get("grade")
    if said["kind"] not in KINDS or said["class"] not in CLASSES or type(grade) not in TEXT_OR_NULL or grade not in GRADES:
        raise Unreadable("its member `kind`, `class` or `grade` is no known word")
    if moment(said["time"]) is None:
        raise Unreadable("its member `time` is no time")
    return text, said


def moment(text):
    """A time in a form that sorts, with nine digits of the second; None if it is none."""
    match = TIME.fullmatch(text)
    try:
        if match and datetime.datetime.fromisoformat(match[1]):
            return f"{match[1]}.{match[2] or '':0<9}Z"
    except ValueError:
        pass
    return None


def suffix_of(secret_arn):
    """After what the folder of a secret is named: Secrets Manager ends an ARN with a hyphen and six characters."""
    return secret_arn.rsplit("-", 1)[-1]


def read(path, report, limit=-1):
    try:
        with open(path, "rb", buffering=0) as file:
            return file.read(limit)
    except OSError as error:
        report.problem("no-access", path, error.strerror or "it cannot be read")
        return None


def entries(folder, report):
    """What lies in a folder, in order of names, without what file managers leave there."""
    try:
        with os.scandir(folder) as found:
            listed = sorted(found, key=lambda entry: entry.name)
    except OSError as error:
        report.problem("no-access", folder, error.strerror or "it cannot be listed")
        return
    for entry in listed:
        if entry.name in DROPPINGS:
            report.warning(entry.path, "left by a file manager; it is no part of the ledger, and is passed over")
        else:
            yield entry


def is_folder(entry):
    return entry.is_dir(follow_symlinks=False)


def is_file(entry):
    return entry.is_file(follow_symlinks=False)


# ---- One chain ----


def check_chain(folder, suffix, key_id, told, report):
    """Checks a key's records. `told` holds the digests that were told elsewhere of this key's records."""
    problems_before = len(report.problems)
    records, strays = [], []
    for entry in entries(folder, report):
        if RECORD_NAME.fullmatch(entry.name) and is_file(entry):
            data = read(entry.path, report, LARGEST_RECORD + 1)
            if data is not None:
                records.append(check_record(entry.path, int(entry.name[:8]), suffix, key_id, data, report))
        elif is_file(entry):
            strays.append(entry)
        else:
            report.problem("foreign", entry.path, "not a file")
    check_strays(strays, records, key_id, report)
    if not records and len(report.problems) == problems_before:
        report.missing(folder, "the folder of a key without any record")

    places = {record.digest: record.sequence for record in records if record.placed}
    vouched = told | {record.said["previous"] for record in records if record.placed}
    before, subject = None, None
    for record in records:
        expected = before.sequence + 1 if before else 1
        if record.sequence != expected:
            until = record.sequence - 1
            which = f"record {expected} is" if until == expected else f"the records {expected:,} to {until:,} are"
            report.missing(os.path.join(folder, f"{expected:08}.json"), f"{which} missing")
        elif record.placed:
            check_link(record, before, places, told, vouched, report)
        if record.placed:
            about = record.said["secret_arn"], record.said["project_id"]
            subject = subject or about
            if about != subject:
                report.problem("mixed", record.path, "another secret or project than in the first record of the chain")
        before = record
    if len(report.problems) == problems_before:
        check_life(records, report)
    return Chain(folder, suffix, key_id, records)


def check_record(path, sequence, suffix, key_id, data, report):
    """Checks what a record says by itself, and whether it lies where it belongs."""
    digest = hashlib.sha256(data).hexdigest()
    try:
        text, said = parse_record(data)
    except Unreadable as why:
        report.problem("unreadable", path, str(why))
        return Record(sequence, path, digest, None, False)
    # The functions write compact JSON and one line end.
    if ENCODER.encode(said) + "\n" != text:
        report.problem("altered", path, "it is not in the form that the functions write: it was edited or saved anew")
    says = {"number": said["sequence"], "key": said["key_id"], "secret": suffix_of(said["secret_arn"])}
    wrong = [what for what, name in zip(says, (sequence, key_id, suffix)) if says[what] != name]
    if wrong:
        report.problem("misplaced", path, f"it says another {' and '.join(wrong)} than its name")
    return Record(sequence, path, digest, said, not wrong)


def check_link(record, before, places, told, vouched, report):
    """Checks that a record follows the one before it, and says which of the two is at fault where that can be told.

    `places` has the numbers of the chain's records by their digests; `vouched` the digests that were told elsewhere or that
    a record of the chain names.
    """
    previous, name = record.said["previous"], os.path.basename(record.path)
    if previous == (before.digest if before else None):
        return
    if before is None:
        report.problem("altered", record.path, "it is the first record and names one before it")
    elif places.get(previous, before.sequence) < before.sequence:
        fork = places[previous]
        what = f"it follows record {fork}, and so does record {fork + 1}: the chain has two ends"
        report.problem("forked", record.path, what)
    elif before.digest in told:
        what = "it does not name the digest of the record before it, which a run or an event vouches for"
        report.problem("altered", record.path, what)
    elif record.digest in vouched:
        report.problem("altered", before.path, f"{name}, which is itself vouched for, names another digest for it")
    else:
        report.problem("altered", before.path, f"{name} names another digest for it: one of the two was altered")


def check_strays(strays, records, key_id, report):
    """Says what the files are that do not have the name of a record: another version of one, a copy, or something else."""
    claims = {record.sequence: {record.digest} for record in records}
    for entry in strays:
        data = read(entry.path, report, LARGEST_RECORD + 1)
        if data is None:
            continue
        number = int(entry.name[:8]) if re.match(r"[0-9]{8}(?![0-9])", entry.name) else None
        try:
            _, said = parse_record(data)
            number = said["sequence"] if said["key_id"] == key_id else number
        except Unreadable:
            pass
        if number is None:
            report.problem("foreign", entry.path, "no record, and not the name of one")
            continue
        digest, others = hashlib.sha256(data).hexdigest(), claims.setdefault(number, set())
        if digest in others:
            report.problem("foreign", entry.path, f"a second copy of record {number}, byte for byte")
        elif others:
            report.problem("forked", entry.path, f"it claims to be record {number}, of which there is another one")
        else:
            report.problem("foreign", entry.path, f"it claims to be record {number}, and has not its name")
        others.add(digest)


# What must be on record of a key before, since it was last seen enabled.
FIRST = {"refused": "disabled", "proven": "disabled"}
FIRST_IF_DONE_BY_US = {"disabled": "disabling", "deleted": "deleting"}
# A deleted key is back where Sentry was restored from a backup; and it may be asked for once more, and still be gone.
AFTER_DELETED = {"current", "reinstated", "disabled", "deleted"}


def check_life(records, report):
    """Says what is odd about a key's life. Hints only: a wrong clock, or two runs at the same time, explain much."""
    latest, on_record, deleted = "", set(), False
    for record in records:
        kind, time = record.said["kind"], moment(record.said["time"])
        if time < latest:
            report.warning(record.path, "its time is before that of a record before it: some clock was wrong")
        latest = max(latest, time)
        needed = FIRST.get(kind)
        # revoke-key acts first and writes afterwards.
        if record.said["attempt"] > 0 and record.said["function"] != "revoke-key":
            needed = needed or FIRST_IF_DONE_BY_US.get(kind)
        if needed and needed not in on_record:
            report.warning(record.path, f"it says `{kind}`, and no record before it says `{needed}`")
        if kind == "proven" and record.said.get("grade") is None:
            report.warning(record.path, "it says `proven`, and not by which grade of proof")
        if deleted and kind not in AFTER_DELETED:
            report.warning(record.path, f"it says `{kind}` of a key that was deleted")
        deleted = kind == "deleted" or (deleted and kind not in AFTER_DELETED)
        if kind in ("current", "reinstated"):
            on_record.clear()
        on_record.add(kind)


# ---- What was told elsewhere ----


def read_runs(folder, report, progress):
    """The heads that the run records of retire-keys name, each once, and the number of run records."""
    heads, count = {}, 0
    for entry in entries(folder, report):
        if not (entry.name.endswith(".json") and is_file(entry)):
            continue
        count += 1
        progress(count, None, "run records")
        data = read(entry.path, report)
        if data is None:
            continue
        try:
            for row in parse(data)[1]["rows"]:
                # A key that is nobody's has no records.
                if row.get("ledger") is None:
                    continue
                sequence, digest = row["ledger"]["sequence"], row["ledger"]["sha256"]
                chain = f"{suffix_of(row['secret_arn'])}/{row['key_id']}"
                if type(sequence) is not int or sequence < 1 or not CHAIN.fullmatch(chain) or not DIGEST.fullmatch(digest):
                    raise Unreadable("a row of it names no record")
                where = f"the run record {shown(entry.name)}"
                head = Head("run", row["key_id"], chain, sequence, digest, where)
                heads.setdefault((chain, sequence, digest), head)
        except Unreadable as why:
            report.problem("run-unreadable", entry.path, str(why))
        except (AttributeError, KeyError, TypeError):
            report.problem("run-unreadable", entry.path, "it has no rows, or not of the form that the function writes")
    return list(heads.values()), count


def read_heads(path):
    """The heads in a file of events, one JSON object in each line.

    An event may be bare or in its envelope; one without `evidence` is about no record. What this program printed with --json
    at an earlier time will do as well: the newest records of then must still be there.
    """
    heads = []
    with open(path, "rb") as file:
        for number, line in enumerate(file, 1):
            try:
                event = parse(line)[1] if line.strip() else {}
                if event.get("whole") is False:
                    raise Unreadable("it is the result of a check that found problems")
                for it in event["heads"] if "heads" in event else [event.get("detail", event)]:
                    digest, key_id, chain, sequence = map(it.get, ("evidence", "key_id", "chain", "sequence"))
                    if digest is None:
                        continue
                    if not KEY_ID.fullmatch(key_id) or not DIGEST.fullmatch(digest):
                        raise Unreadable("`key_id` or `evidence` is not what the functions write")
                    if type(sequence) not in (int, type(None)) or not (chain is None or CHAIN.fullmatch(chain)):
                        raise Unreadable("`chain` or `sequence` is not what this program prints")
                    heads.append(Head("heads", key_id, chain, sequence, digest, f"line {number} of {shown(path)}"))
            except Unreadable as why:
                raise Unreadable(f"line {number}: {why}") from None
            except (AttributeError, KeyError, TypeError):
                raise Unreadable(f"line {number}: it is no event") from None
    if not heads:
        raise Unreadable("no line of it is an event with `key_id` and `evidence`, so that it would confirm nothing")
    return heads


def check_heads(heads, chains, ledger, report):
    """Checks that the records that were told elsewhere are in the ledger."""
    by_name, by_key = collections.defaultdict(list), collections.defaultdict(list)
    for chain in chains:
        by_name[chain.name].append(chain)
        by_key[chain.key_id].append(chain)
    # Of several records that were cut off, the last one is told.
    for head in sorted(heads, key=lambda head: -(head.sequence or 0)):
        about = by_name[head.chain] if head.chain else by_key[head.key_id]
        if not about:
            path = os.path.join(ledger, *(head.chain or f"*/{head.key_id}").split("/"))
            report.problem("end-missing", path, f"the whole chain is missing; {head.where} tells of it")
        elif not any(check_head(head, chain) for chain in about):
            contradict(head, about[0], report)


def check_head(head, chain):
    number = chain.numbers.get(head.digest)
    found = number is not None if head.sequence is None else chain.digests.get(head.sequence) == head.digest
    if found:
        chain.confirmed[head.source] = max(head.sequence or number, chain.confirmed.get(head.source, 0))
    return found


def contradict(head, chain, report):
    if head.sequence is None:
        report.problem("contradicted", chain.path, f"{head.where} names a digest that no record of this key has")
    elif head.sequence > chain.newest:
        what = f"the last record here is {chain.newest}, and {head.where} tells of record {head.sequence}"
        report.problem("end-missing", chain.path, what)
    elif head.sequence in chain.digests:
        path = os.path.join(chain.path, f"{head.sequence:08}.json")
        report.problem("altered", path, f"{head.where} names another digest for it")
    # Else there is a gap, which has been reported.


# ---- The whole ----


def looks_like_ledger(folder):
    """Whether a folder holds folders of secrets that hold folders of keys, whatever its name is."""
    quiet = Report()
    for secret in entries(folder, quiet):
        keys = entries(secret.path, quiet) if is_folder(secret) and SUFFIX.fullmatch(secret.name) else ()
        if any(is_folder(key) and KEY_ID.fullmatch(key.name) for key in keys):
            return True
    return False


def stop(error):
    raise error


def find_ledgers(directory):
    """The ledgers below a folder, each with the folder of the run records beside it; one of the two need not exist."""
    if looks_like_ledger(directory):
        return [(directory, None)]
    found = []
    for folder, names, _ in os.walk(directory, onerror=stop):
        ledger, runs = os.path.join(folder, "ledger"), os.path.join(folder, "runs", "retire-keys")
        if "ledger" not in names and not os.path.isdir(runs):
            continue
        # The prefix under which the evidence lies may itself be called so.
        inside = [os.path.join(ledger, name) for name in ("ledger", "runs")]
        if any(map(os.path.isdir, inside)) and not looks_like_ledger(ledger):
            continue
        found.append((ledger, runs))
        names[:] = [name for name in names if name not in ("ledger", "runs", "reviews", "state")]
    if not found and os.path.basename(os.path.abspath(directory)) == "ledger":
        return [(directory, None)]
    return sorted(found)


def find_chains(ledger, report):
    """The folders of keys in a ledger, as path, suffix and key id; whatever else lies there is reported."""
    found = []
    for secret in entries(ledger, report) if os.path.isdir(ledger) else ():
        if not (is_folder(secret) and SUFFIX.fullmatch(secret.name)):
            report.problem("foreign", secret.path, "not the folder of a secret, which is named by six letters and digits")
            continue
        keys = list(entries(secret.path, report))
        for key in keys:
            if is_folder(key) and KEY_ID.fullmatch(key.name):
                found.append((key.path, secret.name, key.name))
            else:
                report.problem("foreign", key.path, "not the folder of a key, which is named by 32 hexadecimal digits")
        if not keys:
            report.missing(secret.path, "the folder of a secret without any key")
    return found


def check(ledgers, told_by_user, progress):
    """Checks everything. Gives back what was found, the chains, and the number of run records."""
    report, chains, runs = Report(), [], 0
    for ledger, runs_folder in ledgers:
        progress(0, None, f"Checking {shown(ledger)}")
        heads, count = [], 0
        if runs_folder and os.path.isdir(runs_folder):
            heads, count = read_runs(runs_folder, report, progress)
        told = collections.defaultdict(set)
        for head in heads + told_by_user:
            told[head.key_id].add(head.digest)
        folders, found = find_chains(ledger, report), []
        for done, (path, suffix, key_id) in enumerate(folders, 1):
            found.append(check_chain(path, suffix, key_id, told[key_id], report))
            progress(done, len(folders), "chains")
        check_heads(heads, found, ledger, report)
        chains += found
        runs += count
    if ledgers:
        check_heads(told_by_user, [chain for chain in chains if chain.newest], ledgers[0][0], report)
    return report, sorted(chains, key=lambda chain: (chain.name, chain.path)), runs


# ---- Telling ----

MOST_SHOWN = 20
PROGRESS_EVERY = 2000

AGAIN = "Download it again into an empty folder and check that. "
WHO = (
    "If it is still so, see who wrote or deleted what, and when: `aws s3api list-object-versions --bucket BUCKET --prefix "
    "PATH`, and the S3 data events of CloudTrail. Until then rely on nothing that this chain says from there on."
)
# What each problem means, and what to do next.
PROBLEMS = {
    "altered": (
        "The bytes of a record are not those that the record after it, a run or an event vouches for: it was changed or "
        "replaced after it was written.",
        AGAIN + WHO,
    ),
    "missing": ("A record is not there, although it was once written.", AGAIN + WHO),
    "end-missing": (
        "The end of the chain is missing: a run or an event tells of a record that comes after the last one here.",
        "A copy that was made while a function was writing lacks what came last: download `runs` first and `ledger` after "
        "it, and check again. " + WHO,
    ),
    "contradicted": (
        "An event tells of a record that its chain does not have: it was altered, or the end of the chain is missing.",
        AGAIN + "See also that the events are those of this bucket's functions. " + WHO,
    ),
    "forked": (
        "Two records claim the same place in a chain. The functions never write over a record: one of the two was put "
        "there by somebody else, or the copy holds several versions of one object.",
        AGAIN + WHO,
    ),
    "misplaced": (
        "A record says that it is about another key, another secret or another number than its name says: it was "
        "renamed, moved or altered.",
        AGAIN + WHO,
    ),
    "mixed": ("The records of one chain name different secrets or projects. A key never moves.", AGAIN + WHO),
    "unreadable": ("A file has the name of a record and is none that the functions write.", AGAIN + WHO),
    "foreign": (
        "Something lies in the ledger that the functions do not write.",
        AGAIN + "If it is in the bucket as well, see who put it there: the functions leave a key alone as long as such a "
        "thing lies in its folder.",
    ),
    "run-unreadable": (
        "A run record cannot be read, so that what it knew of the ends of chains is not compared.",
        AGAIN + "If it is in the bucket like this, see who wrote it and when, as for a record.",
    ),
    "no-access": ("A file or folder cannot be read on this machine.", "See its permissions, then check again."),
}


def result_of(report, chains, ledgers, runs, told_by_user):
    """Everything that --json prints."""
    by = collections.Counter(chain.confirmed_by() for chain in chains)
    listing = "".join(f"{chain.name} {chain.newest} {chain.digests[chain.newest]}\n" for chain in chains)
    return {
        "version": 1,
        "whole": not report.problems,
        "ledgers": [ledger for ledger, _ in ledgers],
        "chains": len(chains),
        "records": sum(len(chain.digests) for chain in chains),
        "first": min((chain.first for chain in chains if chain.first), default=None),
        "last": max((chain.last for chain in chains if chain.last), default=None),
        "run_records": runs,
        "heads_given": len(told_by_user),
        "newest_confirmed_by": {"heads": by["heads"], "run": by["run"], "nothing": by[None]},
        "heads_sha256": hashlib.sha256(listing.encode()).hexdigest(),
        "problems": [
            {"code": code, "path": path, "what": what, "meaning": PROBLEMS[code][0], "next": PROBLEMS[code][1]}
            for (code, path), what in report.problems.items()
        ],
        "warnings": [{"path": path, "what": what} for path, what in report.warnings],
        "heads": [
            {"key_id": chain.key_id, "chain": chain.name, "sequence": chain.newest,
             "evidence": chain.digests[chain.newest], "confirmed_by": chain.confirmed_by()}
            for chain in chains
        ],
    }


def shown(path):
    """A path that cannot do anything to a terminal."""
    return path if path.isascii() and path.isprintable() else json.dumps(path)


def say(text="", indent=""):
    words = {"break_on_hyphens": False, "break_long_words": False}
    print(textwrap.fill(text, 118, initial_indent=indent, subsequent_indent=indent, **words))


def number_of(count, word):
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"


def some(items):
    """The first items; what follows says how many more there are."""
    yield from items[:MOST_SHOWN]
    if len(items) > MOST_SHOWN:
        print(f"  and {len(items) - MOST_SHOWN:,} more: --json has all")


def print_summary(result):
    say()
    span = f", from {result['first']} to {result['last']}" if result["first"] else ""
    say(f"{number_of(result['chains'], 'chain')} with {number_of(result['records'], 'record')}{span}.")
    say("Newest records (chain, number, SHA-256):")
    by_whom = {"heads": "confirmed by --heads", "run": "confirmed by a run", None: "not confirmed"}
    for head in some(result["heads"]):
        print(f"  {head['chain']} {head['sequence']} {head['evidence']} {by_whom[head['confirmed_by']]}")
    print(f"SHA-256 of the list of all newest records: {result['heads_sha256']}")
    confirmed = result["newest_confirmed_by"]
    say()
    say(
        "The newest record of each chain is confirmed only by what was told elsewhere, since nothing follows it that "
        f"would show a change. By --heads: {confirmed['heads']:,}; by run records alone, which lie in the same bucket and "
        f"may be changed by the same people: {confirmed['run']:,}; by nothing: {confirmed['nothing']:,}."
    )
    if not result["run_records"]:
        say("No run records lie beside the ledger: give the folder above it, with `runs` in it, to compare with them.")


def print_findings(result):
    if result["warnings"]:
        say()
        say(f"{number_of(len(result['warnings']), 'warning')}, which may have a harmless cause:")
        for warning in some(result["warnings"]):
            print(f"  {shown(warning['path'])}: {warning['what']}")
    for code, (meaning, next_step) in PROBLEMS.items():
        problems = [problem for problem in result["problems"] if problem["code"] == code]
        if problems:
            say()
            print(f"{code.upper()}: {number_of(len(problems), 'problem')}")
            say(meaning, "  ")
            for problem in some(problems):
                print(f"    {shown(problem['path'])}\n      {problem['what']}")
            say(f"Next: {next_step}", "  ")
    say()
    if result["whole"]:
        say("The ledger is whole: no record is altered, missing or forked, as far as this copy can tell.")
        say(
            "Next: keep what --json prints, away from the bucket. The next check takes it as --heads, and shows whether "
            "anything from before today was changed or cut off."
        )
    else:
        say(f"The ledger is not whole: {number_of(len(result['problems']), 'problem')} found.")


def main():
    parser = argparse.ArgumentParser(
        prog="scripts/verify-ledger.sh",
        description="Checks a downloaded copy of the evidence bucket's ledger for altered, missing and forked records.",
        epilog="Exit code: 0 the ledger is whole, 1 problems were found, 2 wrong usage or no ledger, 3 Python is missing.",
    )
    copy = "a copy of the whole bucket, of its prefix, or of its folder `ledger`"
    heads = (
        "events of the functions from a place of your own, a JSON object with `key_id` and `evidence` in each line; or "
        "what --json printed earlier"
    )
    parser.add_argument("directory", metavar="DIR", help=copy)
    parser.add_argument("--heads", metavar="FILE", help=heads)
    parser.add_argument("--json", action="store_true", help="print one line of JSON, with every problem and every head")
    arguments = parser.parse_args()

    def progress(done, total, what):
        if not arguments.json and done == 0:
            print(what, flush=True)
        elif not arguments.json and done % PROGRESS_EVERY == 0:
            print(f"  {done:,}{f' of {total:,}' if total else ''} {what}", flush=True)

    if not os.path.isdir(arguments.directory):
        parser.error(f"there is no folder {shown(arguments.directory)}")
    try:
        told_by_user = read_heads(arguments.heads) if arguments.heads else []
    except (OSError, Unreadable) as error:
        parser.error(f"--heads {shown(arguments.heads)}: {getattr(error, 'strerror', None) or error}")
    try:
        ledgers = find_ledgers(arguments.directory)
    except OSError as error:
        parser.error(f"{shown(error.filename)}: {error.strerror}")
    report, chains, runs = check(ledgers, told_by_user, progress)
    # A folder may be called `ledger` and hold something else.
    if not chains and all(code == "foreign" for code, _ in report.problems):
        parser.error(
            f"there is no ledger in {shown(arguments.directory)}: no ledger/<6 characters>/<key id>/<8 digits>.json in it "
            "at any depth. Download it: aws s3 cp --recursive s3://BUCKET/PREFIX/ DIR"
        )
    chains = [chain for chain in chains if chain.newest]
    result = result_of(report, chains, ledgers, runs, told_by_user)
    if arguments.json:
        print(json.dumps(result, separators=(",", ":")))
    else:
        print_summary(result)
        print_findings(result)
    return 0 if result["whole"] else 1


if __name__ == "__main__":
    sys.exit(main())
