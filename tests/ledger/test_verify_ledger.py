"""What scripts/verify-ledger.sh finds in copies of the ledger that something was done to.

scripts/test.sh runs it. Each check is a function; words as arguments choose those whose names contain them.
"""

import contextlib
import hashlib
import importlib.util
import io
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest.mock

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts/verify-ledger.sh"

ACCOUNT = "arn:aws:secretsmanager:us-east-1:123456789012:secret:"
ARN = ACCOUNT + "acme/store-front-AbCdEf"
KEY = "0123456789abcdef0123456789abcdef"
FOLDER = f"ledger/AbCdEf/{KEY}"
# In every text that a person or another system chose. None of it may be printed.
MARKER = "Marker-f0e1d2"

# A life from birth to deletion, as (function, kind, attempt, grade).
LIFE = [
    ("retire-keys", "current", 0, None),
    ("retire-keys", "superseded", 0, None),
    ("retire-keys", "quiet", 0, None),
    ("retire-keys", "disabling", 1, None),
    ("retire-keys", "disabled", 1, None),
    ("retire-keys", "proven", 0, "question"),
    ("retire-keys", "refused", 1, None),
    ("retire-keys", "proven", 0, "ingestion"),
    ("retire-keys", "deleting", 2, None),
    ("retire-keys", "deleted", 2, None),
]

# The check as a module, for the many cases for which a process each would take minutes.
SPECIFICATION = importlib.util.spec_from_file_location("verify_ledger", ROOT / "scripts/verify_ledger.py")
sys.dont_write_bytecode = True
VERIFY = importlib.util.module_from_spec(SPECIFICATION)
SPECIFICATION.loader.exec_module(VERIFY)


def digest(data):
    return hashlib.sha256(data).hexdigest()


def record(sequence, previous, life, key_id=KEY, secret_arn=ARN, **other):
    """A record as serde_json writes the struct: compact, the members in its order, no grade or ticket where there is none."""
    function, kind, attempt, grade = life
    said = {
        "version": 1,
        "sequence": sequence,
        "previous": previous,
        "time": f"2026-03-{sequence:02}T10:00:00.{sequence:03}4567Z",
        "function": function,
        "request_id": f"request-{sequence}-{MARKER}",
        "kind": kind,
        "secret_arn": secret_arn,
        "version_id": "EXAMPLE1-90ab-cdef-fedc-ba987EXAMPLE",
        "project_id": 4505000000000001,
        "key_id": key_id,
        "class": "ours",
        "why": f"{MARKER}: \"why\" \\ / \t\x01\x7f \u2028 d\u00e9j\u00e0 \U0001f511",
        "answer": {"status": 200, "request_id": None} if attempt else None,
        "attempt": attempt,
    }
    if grade:
        said["grade"] = grade
    if attempt:
        said["ticket"] = f"OPS-1 {MARKER}"
    return encode({**said, **other})


def encode(said):
    return (json.dumps(said, separators=(",", ":"), ensure_ascii=False) + "\n").encode()


def chain_of(life=None, start=(), **other):
    """The bytes of a chain's records; `start` is what it begins with, `other` goes into each record after that."""
    chain = list(start)
    for sequence, entry in enumerate(life or LIFE, 1):
        if sequence > len(chain):
            chain.append(record(sequence, digest(chain[-1]) if chain else None, entry, **other))
    return chain


def run_record(rows):
    """A run record as retire-keys writes it, of rows (secret_arn, key_id, chain or None)."""
    lines = []
    for secret_arn, key_id, chain in rows:
        row = {"key_id": key_id, "secret_arn": secret_arn, "project": "store", "ownership": "ours", "state": "disabled"}
        row |= {"action": None, "result": "none", "reason": MARKER, "proof": None}
        if chain:
            row["ledger"] = {"sequence": len(chain), "sha256": digest(chain[-1])}
        lines.append(json.dumps(row, separators=(",", ":")))
    head = '{"complete":true,"counts":{},"record":"x","run_id":"x","version":1,"rows":[\n'
    return (head + ",\n".join(lines) + "\n]}\n").encode()


class Copy:
    """A downloaded copy of the evidence."""

    def __enter__(self):
        self.root = pathlib.Path(tempfile.mkdtemp())
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.root)

    def put(self, name, data):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    def put_chain(self, chain, folder=FOLDER):
        for sequence, data in enumerate(chain, 1):
            self.put(f"{folder}/{sequence:08}.json", data)

    def put_run(self, *rows, name="runs/retire-keys/20260401T000000Z-1.json"):
        self.put(name, run_record(rows))

    def record(self, sequence):
        return self.root / f"{FOLDER}/{sequence:08}.json"

    def put_heads(self, *lines):
        return self.put("heads.jsonl", "".join(json.dumps(line) + "\n" for line in lines).encode())

    def check(self, *arguments, folder=""):
        """The exit code and the result of --json, after a look at both outputs."""
        plain = self.call(*arguments, folder=folder)
        code, output, errors = self.call("--json", *arguments, folder=folder)
        assert plain[0] == code, plain
        if code == 2:
            assert not output, output
            return code, errors
        result = json.loads(output)
        assert result["whole"] == (code == 0) == (not result["problems"]), result
        for problem in result["problems"]:
            assert VERIFY.shown(problem["path"]) in plain[1] and problem["what"] in plain[1], (problem, plain[1])
        return code, result

    def call(self, *arguments, folder=""):
        output, errors = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
            before = sys.argv
            sys.argv = ["verify", *map(str, arguments), str(self.root / folder)]
            try:
                code = VERIFY.main()
            except SystemExit as end:
                code = end.code
            finally:
                sys.argv = before
        for text in (output.getvalue(), errors.getvalue()):
            assert MARKER not in text and MARKER.lower() not in text, text
        return code, output.getvalue(), errors.getvalue()

    def finds(self, *problems, arguments=(), warnings=0):
        """Checks that exactly these problems are found, each as (code, end of the path)."""
        code, result = self.check(*arguments)
        # By the ends of the paths, from the right.
        found = sorted((problem["code"], problem["path"][::-1]) for problem in result["problems"])
        wanted = sorted((code, end[::-1]) for code, end in problems)
        assert [code for code, _ in found] == [code for code, _ in wanted], (found, wanted)
        assert all(path.startswith(end) for (_, path), (_, end) in zip(found, wanted)), (found, wanted)
        assert len(result["warnings"]) == warnings, result["warnings"]
        assert code == (1 if problems else 0), code
        return result


def a_whole_ledger_is_whole():
    with Copy() as copy:
        other_arn = ACCOUNT + "plain-0000zz"
        other = chain_of(LIFE[:3], key_id=KEY[::-1], secret_arn=other_arn)
        copy.put_chain(chain_of())
        copy.put_chain(other, f"ledger/0000zz/{KEY[::-1]}")
        copy.put_run((ARN, KEY, chain_of()[:6]), (other_arn, KEY[::-1], other), (None, "f" * 32, None))
        copy.put("state/retire-keys.json", b"{}")
        copy.put("reviews/1/report.json", b"no JSON, and none of this program's business")
        result = copy.finds()
        figures = ("chains", "records", "first", "last", "run_records")
        assert [result[name] for name in figures] == [2, 13, "2026-03-01T10:00:00Z", "2026-03-10T10:00:00Z", 1], result
        assert result["newest_confirmed_by"] == {"heads": 0, "run": 1, "nothing": 1}
        assert {head["chain"]: head["evidence"] for head in result["heads"]} == {
            f"AbCdEf/{KEY}": digest(chain_of()[-1]),
            f"0000zz/{KEY[::-1]}": digest(other[-1]),
        }
        _, text, _ = copy.call()
        assert "The newest record of each chain is confirmed only by" in text and "The ledger is whole" in text, text


def every_way_to_have_downloaded_it_will_do():
    for prefix, folder in [("", ""), ("a/b/", ""), ("a/b/", "a/b"), ("ledger/", ""), ("ledger/", "ledger")]:
        with Copy() as copy:
            copy.put_chain(chain_of(), prefix + FOLDER)
            copy.put_run((ARN, KEY, chain_of()), name=f"{prefix}runs/retire-keys/1.json")
            code, result = copy.check(folder=folder)
            assert (code, result["records"], result["run_records"]) == (0, len(LIFE), 1), (prefix, folder, result)
            # The ledger alone, and under another name.
            code, result = copy.check(folder=prefix + "ledger")
            assert (code, result["records"]) == (0, len(LIFE)), (prefix, result)
            os.rename(copy.root / f"{prefix}ledger", copy.root / "download")
            code, result = copy.check(folder="download")
            assert (code, result["records"], result["run_records"]) == (0, len(LIFE), 0), (prefix, result)
    with Copy() as copy:
        copy.put_chain(chain_of(), f"production/{FOLDER}")
        copy.put_chain(chain_of(LIFE[:2]), f"staging/{FOLDER}")
        result = copy.finds()
        assert (result["chains"], len(result["ledgers"])) == (2, 2), result


def every_altered_byte_shows():
    chain = chain_of(LIFE[:4])
    with Copy() as copy:
        copy.put_chain(chain)
        for position, byte in enumerate(chain[1]):
            for change in (bytes([byte ^ 1]), b""):
                copy.record(2).write_bytes(chain[1][:position] + change + chain[1][position + 1 :])
                report, _, _ = VERIFY.check(VERIFY.find_ledgers(str(copy.root)), [], lambda *_: None)
                paths = {path for code, path in report.problems if code in ("altered", "unreadable", "misplaced")}
                assert str(copy.record(2)) in paths, (position, change, report.problems)


def the_newest_record_is_vouched_for_by_runs_and_events():
    chain = chain_of(LIFE[:4])
    with Copy() as copy:
        copy.put_chain(chain)
        copy.record(4).write_bytes(chain[3].replace(b'"attempt":1', b'"attempt":7'))
        # By itself it is a record like any other.
        copy.finds()
        event = copy.put_heads({"key_id": KEY, "evidence": digest(chain[3])})
        copy.finds(("contradicted", KEY), arguments=["--heads", event])
        copy.put_run((ARN, KEY, chain))
        copy.finds(("altered", "00000004.json"))
        # As long as it is in the form that the functions write: an editor's is not.
        copy.record(4).write_bytes(chain[3][:-1])
        copy.finds(("altered", "00000004.json"))
        os.remove(copy.root / "runs/retire-keys/20260401T000000Z-1.json")
        for saved in (chain[3][:-1], chain[3] + b"\n", chain[3].replace(b"\n", b"\r\n"), chain[3].replace(b":", b": ", 1)):
            copy.record(4).write_bytes(saved)
            copy.finds(("altered", "00000004.json"))


def a_chain_that_was_made_anew_shows_by_what_was_told_before():
    chain = chain_of(LIFE[:5])
    forged = chain_of(LIFE[:5], start=chain[:1], why="another reason")
    with Copy() as copy:
        copy.put_chain(forged)
        copy.finds()
        copy.put_run((ARN, KEY, chain[:1]), name="runs/retire-keys/1.json")
        copy.finds()
        copy.put_run((ARN, KEY, chain[:3]), name="runs/retire-keys/2.json")
        copy.put_run((ARN, KEY, chain), name="runs/retire-keys/3.json")
        copy.finds(("altered", "00000003.json"), ("altered", "00000005.json"))
        # The digest of a record, under the number of another.
        copy.put_run((ARN, KEY, [b"", forged[2]]), name="runs/retire-keys/4.json")
        copy.finds(*(("altered", f"{sequence:08}.json") for sequence in (2, 3, 5)))


def which_of_two_records_was_altered_is_said_where_it_can_be_told():
    chain = chain_of(LIFE[:4])
    # The third follows something else than the second, and the fourth follows the third.
    third = record(3, "0" * 64, LIFE[2])
    replaced = [*chain[:2], third, record(4, digest(third), LIFE[3])]
    for length, told, at_fault, words in [
        (3, None, 2, "one of the two"),
        (3, chain[:2], 3, "vouches for"),
        (3, replaced[:3], 2, "itself vouched for"),
        (4, None, 2, "itself vouched for"),
        (4, chain[:2], 3, "vouches for"),
    ]:
        with Copy() as copy:
            copy.put_chain(replaced[:length])
            if told:
                copy.put_run((ARN, KEY, told))
            result = copy.finds(("altered", f"{at_fault:08}.json"))
            assert words in result["problems"][0]["what"], (length, result)
    with Copy() as copy:
        copy.put_chain([record(1, digest(chain[0]), LIFE[0])])
        copy.finds(("altered", "00000001.json"))


def a_missing_record_shows():
    chain = chain_of()
    for gone in range(1, len(chain)):
        with Copy() as copy:
            copy.put_chain(chain)
            os.remove(copy.record(gone))
            copy.finds(("missing", f"{gone:08}.json"))
            copy.put_run((ARN, KEY, chain[:gone]), (ARN, KEY, chain))
            copy.finds(("missing", f"{gone:08}.json"))
    with Copy() as copy:
        copy.put_chain(chain)
        for gone in (3, 4, 5):
            os.remove(copy.record(gone))
        result = copy.finds(("missing", "00000003.json"))
        assert "the records 3 to 5 are missing" in result["problems"][0]["what"], result
        # The gap closed up.
        for sequence in range(6, len(chain) + 1):
            os.rename(copy.record(sequence), copy.record(sequence - 3))
        _, result = copy.check()
        assert {problem["code"] for problem in result["problems"]} >= {"misplaced"}, result
    with Copy() as copy:
        copy.put_chain(chain[:2])
        copy.put(f"{FOLDER}/99999999.json", chain[2])
        copy.finds(("missing", "00000003.json"), ("misplaced", "99999999.json"))


def a_missing_end_shows_by_runs_and_events():
    chain = chain_of()
    with Copy() as copy:
        copy.put_chain(chain[:-2])
        result = copy.finds()
        assert result["newest_confirmed_by"]["nothing"] == 1, result
        copy.put_run((ARN, KEY, chain[:-1]), name="runs/retire-keys/1.json")
        copy.put_run((ARN, KEY, chain), name="runs/retire-keys/2.json")
        result = copy.finds(("end-missing", KEY))
        assert f"tells of record {len(chain)}" in result["problems"][0]["what"], result
    with Copy() as copy:
        copy.put_chain(chain[:-1])
        event = {"version": 1, "key_id": KEY, "evidence": digest(chain[-1]), "message": MARKER}
        for line in (event, {"source": "sentry-key-rotation", "detail": event}):
            copy.finds(("contradicted", KEY), arguments=["--heads", copy.put_heads({"key_id": KEY}, line)])
        # What an earlier check printed.
        copy.put_chain(chain)
        before = copy.put_heads(copy.finds())
        result = copy.finds(arguments=["--heads", before])
        assert result["newest_confirmed_by"] == {"heads": 1, "run": 0, "nothing": 0}, result
        os.remove(copy.record(len(chain)))
        copy.finds(("end-missing", KEY), arguments=["--heads", before])


def a_missing_chain_shows_by_runs_and_events():
    chain, other = chain_of(), chain_of(key_id="f" * 32)
    with Copy() as copy:
        copy.put_chain(chain)
        copy.put_run((ARN, KEY, chain), (ARN, "f" * 32, other), (ARN, "e" * 32, None))
        copy.finds(("end-missing", f"ledger/AbCdEf/{'f' * 32}"))
        heads = copy.put_heads(*({"key_id": key, "evidence": digest(other[-1])} for key in ("d" * 32, "f" * 32)))
        copy.finds(
            ("end-missing", "d" * 32), ("end-missing", f"AbCdEf/{'f' * 32}"), ("end-missing", f"*/{'f' * 32}"),
            arguments=["--heads", heads],
        )
        # All of them.
        shutil.rmtree(copy.root / "ledger")
        copy.finds(("end-missing", KEY), ("end-missing", "f" * 32))
        (copy.root / FOLDER).mkdir(parents=True)
        copy.finds(("end-missing", KEY), ("end-missing", "f" * 32), ("missing", KEY))


def a_fork_shows():
    chain = chain_of(LIFE[:5])
    other = chain_of(LIFE[:5], start=chain[:2], version_id=None)
    for stray in ("00000003 (1).json", "00000003.json.3sL4kqtJlcpXroDTDmJ", "00000003-old.json", "copy.json"):
        with Copy() as copy:
            copy.put_chain(chain)
            copy.put(f"{FOLDER}/{stray}", other[2])
            copy.finds(("forked", stray))
    with Copy() as copy:
        copy.put_chain(chain[:2])
        copy.put(f"{FOLDER}/00000003 (1).json", chain[2])
        copy.put(f"{FOLDER}/00000003 (2).json", other[2])
        copy.finds(("foreign", "(1).json"), ("forked", "(2).json"))
        for name in ("00000001.json", "00000002.json", "00000003 (2).json"):
            os.remove(copy.root / FOLDER / name)
        copy.finds(("foreign", "(1).json"))
    # Both ends, one after the other: the fourth follows the second.
    with Copy() as copy:
        copy.put_chain(chain[:3])
        copy.put(f"{FOLDER}/00000004.json", record(4, digest(chain[1]), LIFE[3]))
        copy.finds(("forked", "00000004.json"))
    # One end put over the other: somebody's is not followed by the fourth.
    with Copy() as copy:
        copy.put_chain(chain)
        copy.put(f"{FOLDER}/00000003.json", other[2])
        copy.finds(("altered", "00000003.json"))


def swapped_and_moved_records_show():
    chain, other_key = chain_of(), "f" * 32
    with Copy() as copy:
        copy.put_chain(chain)
        copy.put(f"{FOLDER}/00000002.json", chain[2])
        copy.put(f"{FOLDER}/00000003.json", chain[1])
        copy.finds(("misplaced", "00000002.json"), ("misplaced", "00000003.json"), ("altered", "00000003.json"))
    for folder in (f"ledger/AbCdEf/{other_key}", f"ledger/ZZZZZZ/{KEY}"):
        with Copy() as copy:
            copy.put_chain(chain, folder)
            copy.finds(*(("misplaced", f"{sequence:08}.json") for sequence in range(1, len(chain) + 1)))
    # Another secret with the same six characters; another project.
    for other in ({"secret_arn": ACCOUNT + "checkout-AbCdEf"}, {"project_id": 7}):
        with Copy() as copy:
            copy.put_chain(chain_of(LIFE[:3], start=chain[:2], **other))
            copy.finds(("mixed", "00000003.json"))


def what_is_no_record_shows():
    chain = chain_of(LIFE[:3])
    last = json.loads(chain[2])
    with Copy() as copy:
        copy.put_chain(chain)
        twice = chain[2].replace(b'"attempt":0', b'"attempt":0,"attempt":0')
        inside = encode({**last, "answer": {"status": 1}}).replace(b'"status":1', b'"status":1,"status":1')
        texts = [b"", b"{}", b"null", b"[]", b"\xff", b'{"a":' * 9999, b"\xef\xbb\xbf" + chain[2], chain[2] * 2, twice, inside]
        texts += [chain[2].replace(b"}\n", b',"added":NaN}\n'), chain[2] + b" " * (1 << 16)]
        for member in last:
            texts.append(encode({name: value for name, value in last.items() if name != member}))
            texts.append(encode({**last, member: True}))
        for change in (
            {"kind": MARKER}, {"class": MARKER}, {"grade": MARKER}, {"grade": [MARKER]}, {"time": MARKER}, {"version": 2},
            {"time": "2026-13-01T00:00:00Z"}, {"time": "2026-03-01T00:00:00+01:00"}, {"sequence": 3.0},
        ):
            texts.append(encode({**last, **change}))
        for text in texts:
            copy.record(3).write_bytes(text)
            copy.finds(("unreadable", "00000003.json"))
        (copy.root / "ledger/ZZZZZZ").mkdir()
        copy.finds(("unreadable", "00000003.json"), ("missing", "ledger/ZZZZZZ"))
        (copy.root / "ledger/ZZZZZZ").rmdir()
        # A member that a later version of the functions adds is none of this one's business.
        copy.record(3).write_bytes(encode({**last, "added": {"later": [1, MARKER]}}))
        copy.finds()


def what_does_not_belong_there_shows():
    chain = chain_of()
    for name, code in [
        (f"{FOLDER}/notes.txt", "foreign"),
        (f"{FOLDER}/000000010.json", "foreign"),
        (f"{FOLDER}/00000000.json", "foreign"),
        (f"{FOLDER}/1.json", "foreign"),
        (f"{FOLDER}/00000099.json.partial", "foreign"),
        ("ledger/readme", "foreign"),
        (f"ledger/AbCdEf/{KEY.upper()}/00000001.json", "foreign"),
        (f"ledger/AbCdEfG/{KEY}/00000001.json", "foreign"),
        (f"ledger/AbCdEf/{KEY}/more/00000001.json", "foreign"),
    ]:
        with Copy() as copy:
            copy.put_chain(chain)
            copy.put(name, b"?")
            result = copy.finds((code, ""))
            assert result["problems"][0]["path"].removeprefix(str(copy.root) + "/") in name, (name, result)
    with Copy() as copy:
        copy.put_chain(chain)
        copy.put(f"{FOLDER}/00000002 (1).json", chain[1])
        result = copy.finds(("foreign", "00000002 (1).json"))
        assert "byte for byte" in result["problems"][0]["what"], result
    with Copy() as copy:
        copy.put_chain(chain[:-1])
        copy.put("elsewhere.json", chain[-1])
        os.symlink(copy.root / "elsewhere.json", copy.record(len(chain)))
        copy.finds(("foreign", f"{len(chain):08}.json"))
    with Copy() as copy:
        copy.put_chain(chain)
        copy.put("ledger/AbCdEf/.DS_Store", b"?")
        copy.finds(warnings=1)
    # A name that would recolour a terminal.
    with Copy() as copy:
        copy.put_chain(chain)
        copy.put(f"{FOLDER}/\x1b[31m\u00e9\n", b"?")
        copy.finds(("foreign", "\n"))
        assert "\x1b" not in copy.call()[1]


def what_may_not_be_read_shows():
    def refuse(path, *_, **__):
        raise PermissionError(13, "Permission denied", path)

    with Copy() as copy:
        copy.put_chain(chain_of())
        for hidden in ("ledger", "AbCdEf", KEY, "00000001.json", "00000004.json"):

            def partly(name, hidden=hidden):
                real = getattr(os, name, None) or open
                return lambda path, *more, **named: (refuse if str(path).endswith(hidden) else real)(path, *more, **named)

            with unittest.mock.patch.object(VERIFY, "open", partly("open file"), create=True):
                with unittest.mock.patch.object(VERIFY.os, "scandir", partly("scandir")):
                    copy.finds(("no-access", hidden))


def an_unreadable_run_record_shows():
    chain = chain_of()
    row = {"key_id": KEY, "secret_arn": ARN, "ledger": {"sequence": 1, "sha256": digest(chain[0])}}
    with Copy() as copy:
        copy.put_chain(chain)
        for wrong in (
            {"ledger": 1}, {"ledger": {}}, {"ledger": {"sequence": 0, "sha256": "0" * 64}}, {"key_id": MARKER},
            {"secret_arn": None}, {"secret_arn": MARKER + "-.."}, {"ledger": {"sequence": 1, "sha256": MARKER}},
        ):
            copy.put("runs/retire-keys/1.json", json.dumps({"rows": [{**row, **wrong}]}).encode())
            copy.finds(("run-unreadable", "1.json"))
        for text in (b"", b"[]", b"{}", b'{"rows":[],"rows":[]}', b'{"rows":1}', b'{"rows":[1]}', b'{"rows":null}'):
            copy.put("runs/retire-keys/1.json", text)
            copy.finds(("run-unreadable", "1.json"))
        copy.put("runs/retire-keys/1.json", json.dumps({"rows": [row]}).encode())
        copy.put("runs/audit-keys/1.json", b"{}")
        copy.finds()


def an_odd_life_is_a_hint():
    ours, revoked = LIFE[4], ("revoke-key", "disabled", 1, None)
    for life, warnings in [
        (LIFE, 0),
        ([LIFE[0], revoked, LIFE[5]], 0),
        ([LIFE[0], ("retire-keys", "disabled", 0, None), LIFE[5]], 0),
        ([*LIFE, ("retire-keys", "reinstated", 0, None), LIFE[3], LIFE[4]], 0),
        ([*LIFE, ("revoke-key", "deleted", 0, None)], 0),
        ([LIFE[0], ours], 1),
        ([*LIFE[:5], LIFE[0], ours], 1),
        ([*LIFE[:5], ("retire-keys", "proven", 0, None)], 1),
        ([LIFE[0], LIFE[5]], 1),
        ([LIFE[0], LIFE[6]], 1),
        ([LIFE[0], LIFE[9]], 1),
        ([*LIFE, LIFE[2]], 1),
    ]:
        with Copy() as copy:
            copy.put_chain(chain_of(life))
            copy.finds(warnings=warnings)
    with Copy() as copy:
        chain = chain_of(LIFE[:2])
        third = record(3, digest(chain[1]), LIFE[2], time="2026-03-02T10:00:00.0024566Z")
        copy.put_chain([*chain, third])
        copy.finds(warnings=1)
        copy.put_chain([*chain, record(3, digest(chain[1]), LIFE[2], time="2026-03-02T10:00:00.00245671Z")])
        copy.finds()


def wrong_usage_is_said():
    with Copy() as copy:
        for name in ("runs/retire-keys/1.json", "ledger/2026/accounts.csv"):
            copy.put(name, b'{"rows":[]}')
            code, errors = copy.check()
            assert code == 2 and "there is no ledger in" in errors, errors
        code, errors = copy.check(folder="nowhere")
        assert code == 2 and "there is no folder" in errors, errors
        copy.put_chain(chain_of())
        for text in (b"", b"{}", b"no JSON", b"[]", b'{"key_id":1,"evidence":"0"}', b'{"detail":1}', b'{"heads":1}'):
            code, errors = copy.check("--heads", copy.put("heads", text + b"\n"))
            assert code == 2 and "--heads" in errors, (text, errors)
        code, errors = copy.check("--heads", copy.root / "nothing")
        assert code == 2 and "No such file" in errors, errors
        # Of a check that found something nothing is taken for granted.
        os.remove(copy.record(1))
        code, errors = copy.check("--heads", copy.put_heads(copy.check()[1]))
        assert code == 2 and "found problems" in errors, errors


def the_command_says_it_with_its_exit_code():
    with Copy() as copy:
        copy.put_chain(chain_of())
        # What the caller's Python is told to load.
        copy.put("json.py", b"raise SystemExit(9)")

        def call(*arguments, **environment):
            done = subprocess.run(
                [str(SCRIPT), *arguments], cwd=copy.root, env={**os.environ, **environment}, capture_output=True, text=True
            )
            return done.returncode, done.stdout, done.stderr

        # Paths are the caller's; what Python loads is not.
        code, output, errors = call(".", PYTHONPATH=str(copy.root))
        assert code == 0 and "The ledger is whole" in output and not errors, (code, output, errors)
        os.remove(copy.record(2))
        code, output, _ = call("ledger")
        assert code == 1 and "MISSING: 1 problem" in output and "Next: " in output, output
        code, output, _ = call("--json", ".")
        assert code == 1 and [it["code"] for it in json.loads(output)["problems"]] == ["missing"], output
        assert call()[0] == 2 and call("runs")[0] == 2 and call("--wrong", ".")[0] == 2
        code, output, _ = call("--help")
        assert code == 0 and "Exit code: 0" in output, output
        code, _, errors = call(".", PYTHON="no-such-python")
        assert code == 3 and "Missing: Python 3" in errors, errors
        code, _, errors = call(".", PYTHON="false")
        assert code == 3 and "Missing: Python 3.9" in errors, errors


def a_large_ledger_is_checked_with_progress():
    VERIFY.PROGRESS_EVERY = 200
    with Copy() as copy:
        rows = []
        for number in range(401):
            key_id, suffix = f"{number:032x}", f"{number % 50:06}"
            arn = f"{ACCOUNT}app-{suffix}"
            chain = chain_of(LIFE[:2], key_id=key_id, secret_arn=arn)
            copy.put_chain(chain, f"ledger/{suffix}/{key_id}")
            rows.append((arn, key_id, chain))
        copy.put_run(*rows)
        result = copy.finds()
        assert (result["chains"], result["records"], result["newest_confirmed_by"]["run"]) == (401, 802, 401), result
        _, text, _ = copy.call()
        for line in ("  200 of 401 chains", "  400 of 401 chains", "401 chains with 802 records", "and 381 more"):
            assert line in text, (line, text)
        # Many problems are counted, and not all shown.
        for sequence in range(1, 31):
            copy.put(f"ledger/{sequence:06}/{sequence:032x}/00000001.json", b"?")
        code, text, _ = copy.call()
        assert code == 1 and "UNREADABLE: 30 problems" in text and "and 10 more" in text, text


CHECKS = [
    a_whole_ledger_is_whole,
    every_way_to_have_downloaded_it_will_do,
    every_altered_byte_shows,
    the_newest_record_is_vouched_for_by_runs_and_events,
    a_chain_that_was_made_anew_shows_by_what_was_told_before,
    which_of_two_records_was_altered_is_said_where_it_can_be_told,
    a_missing_record_shows,
    a_missing_end_shows_by_runs_and_events,
    a_missing_chain_shows_by_runs_and_events,
    a_fork_shows,
    swapped_and_moved_records_show,
    what_is_no_record_shows,
    what_does_not_belong_there_shows,
    what_may_not_be_read_shows,
    an_unreadable_run_record_shows,
    an_odd_life_is_a_hint,
    wrong_usage_is_said,
    the_command_says_it_with_its_exit_code,
    a_large_ledger_is_checked_with_progress,
]


def main(words):
    checks = [check for check in CHECKS if all(word in check.__name__ for word in words)]
    failed = 0
    for check in checks:
        try:
            check()
            print(f"ok {check.__name__}")
        except Exception as error:
            failed += 1
            print(f"FAILED {check.__name__}\n  {type(error).__name__}: {error}")
    print(f"test result: {'FAILED' if failed else 'ok'}. {len(checks) - failed} passed")
    return failed


sys.exit(main(sys.argv[1:]))
