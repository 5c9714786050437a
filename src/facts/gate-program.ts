/**
 * Reads checkpoints with python3's own library: the zip directory against the file's bytes, every checksum, and the pickle by a
 * stack machine that knows how dicts, texts and numbers are made, takes everything else for an unknown thing and is unable to run
 * anything. A global whose name it cannot follow is told as "?". Prints one line of JSON a file. It stands in a quoted shell
 * word: no apostrophe in it.
 */
export const GATE_PROGRAM = `
import json, os, pickletools, struct, sys, zipfile
ENTRIES_MAX, PICKLE_MAX, GLOBALS_MAX, OPCODES_MAX = 10000, 1 << 24, 200, 4000000
MARK, TEXTS = object(), ("str", "int", "int_or_bool")
class Bad(Exception): pass
def read_pickle(data):
    stack, memo, asked = [], {}, {}
    def ask(module, name):
        known = type(module) is str and type(name) is str
        asked[(module + "." + name)[:200] if known else "?"] = 1
        if len(asked) > GLOBALS_MAX: raise Bad("load_refused", "it asks for more than %d different things" % GLOBALS_MAX)
    def cut():
        at = len(stack) - 1 - next(i for i, x in enumerate(reversed(stack)) if x is MARK)
        items = stack[at + 1:]
        del stack[at:]
        return items
    def fill(items):
        if isinstance(stack[-1], dict):
            for key, value in zip(items[::2], items[1::2]):
                if isinstance(key, str): stack[-1][key] = value
    count = 0
    for op, arg, pos in pickletools.genops(data):
        count += 1
        if count > OPCODES_MAX: raise Bad("load_refused", "its pickle has too many opcodes")
        name, before, after = op.name, op.stack_before, op.stack_after
        if name in ("PROTO", "FRAME", "STOP"): continue
        if name == "STACK_GLOBAL": ask(stack[-2], stack[-1])
        elif name in ("GLOBAL", "INST"): ask(*arg.split(" ", 1))
        elif name in ("EXT1", "EXT2", "EXT4"): ask(None, None)
        if name == "MARK": stack.append(MARK)
        elif name == "EMPTY_DICT": stack.append({})
        elif name == "DICT":
            items = cut()
            stack.append({})
            fill(items)
        elif name == "SETITEM":
            value, key = stack.pop(), stack.pop()
            fill([key, value])
        elif name == "SETITEMS": fill(cut())
        elif name == "MEMOIZE": memo[len(memo)] = stack[-1]
        elif name in ("PUT", "BINPUT", "LONG_BINPUT"): memo[arg] = stack[-1]
        elif name in ("GET", "BINGET", "LONG_BINGET"): stack.append(memo.get(arg))
        elif not before and len(after) == 1 and after[0].name in TEXTS and type(arg) in (str, int): stack.append(arg)
        else:
            if pickletools.markobject in before:
                cut()
                count_before = before.index(pickletools.markobject)
            else: count_before = len(before)
            if count_before: del stack[-count_before:]
            stack.extend([None] * len(after))
    top = stack[-1] if stack and isinstance(stack[-1], dict) else {}
    found = top.get("_versioning_metadata")
    return (found if isinstance(found, dict) else {}), sorted(asked)
def test_layout(file, size, archive):
    entries = sorted(archive.infolist(), key=lambda entry: entry.header_offset)
    if not entries: raise Bad("format_invalid", "the zip is empty")
    if len(entries) > ENTRIES_MAX: raise Bad("format_invalid", "it has more than %d entries" % ENTRIES_MAX)
    if len(set(entry.filename for entry in entries)) < len(entries): raise Bad("format_invalid", "two entries have one name")
    at = 0
    for entry in entries:
        if entry.compress_type != 0 or entry.file_size != entry.compress_size or entry.flag_bits & 1:
            raise Bad("format_invalid", "an entry is compressed or encrypted, which torch never does")
        gaps = (0, 12, 16, 20, 24) if at and earlier.flag_bits & 8 else (0,)
        if entry.header_offset - at not in gaps: raise Bad("format_invalid", "its entries overlap or leave gaps")
        file.seek(entry.header_offset)
        head = file.read(30)
        if len(head) < 30 or head[:4] != b"PK\\x03\\x04": raise Bad("format_corrupt", "an entry does not begin where the directory says")
        name_length, extra_length = struct.unpack("<HH", head[26:30])
        at, earlier = entry.header_offset + 30 + name_length + extra_length + entry.file_size, entry
    gaps = (0, 12, 16, 20, 24) if earlier.flag_bits & 8 else (0,)
    if archive.start_dir - at not in gaps: raise Bad("format_invalid", "its sizes do not add up to the file")
    file.seek(archive.start_dir)
    rest = file.read(size - archive.start_dir)
    disk, first, here, count, length, offset, comment = struct.unpack("<HHHHIIH", rest[-18:])
    if rest[-22:-18] != b"PK\\x05\\x06" or comment: raise Bad("format_invalid", "something follows the end of the zip")
    wide = rest[-42:-38] == b"PK\\x06\\x07"
    for said, true in ((disk, 0), (first, 0), (here, len(entries)), (count, len(entries))):
        if said != true and not (wide and said == 0xFFFF): raise Bad("format_invalid", "its end counts other entries")
    if (offset != archive.start_dir or length + 22 != len(rest)) and not (wide and rest[-98:-94] == b"PK\\x06\\x06"):
        raise Bad("format_invalid", "its directory is not where its end says")
    return entries
def look(path, told):
    size = told["bytes"] = os.stat(path).st_size
    with open(path, "rb") as file:
        start = file.read(14)
        if not start: raise Bad("format_invalid", "it is empty")
        if start[:1] == b"\\x80" and b"\\x8a\\x0a\\x6c\\xfc\\x9c\\x46\\xf9\\x20\\x6a\\xa8\\x50\\x19"[:8] in start:
            raise Bad("format_legacy", "it is in the format of torch before 1.6, which the cluster does not load")
        if start[:4] != b"PK\\x03\\x04":
            page = start.lstrip()[:5].lower() in (b"<html", b"<!doc")
            raise Bad("format_invalid", "it is a web page" if page else "it does not begin as a checkpoint")
        file.seek(max(0, size - 66000))
        if b"PK\\x05\\x06" not in file.read(): raise Bad("model_truncated", "its end is missing: it was cut")
        archive = zipfile.ZipFile(path)
        with archive:
            entries = test_layout(file, size, archive)
            pickles = [entry for entry in entries if entry.filename.count("/") == 1 and entry.filename.endswith("/data.pkl")]
            if any(entry.filename.endswith("/constants.pkl") or "/code/" in entry.filename for entry in entries):
                raise Bad("load_refused", "it is a TorchScript program, not weights")
            if len(pickles) != 1: raise Bad("format_invalid", "there is no data.pkl in it")
            if pickles[0].file_size > PICKLE_MAX: raise Bad("format_invalid", "its data.pkl is longer than 16 MiB")
            try: bad = archive.testzip()
            except zipfile.BadZipFile: bad = "a header"
            if bad is not None: raise Bad("format_corrupt", "a checksum inside is wrong: the bytes are damaged")
            try: found, told["globals"] = read_pickle(archive.read(pickles[0]))
            except Bad: raise
            except Exception: raise Bad("format_corrupt", "its data.pkl is no pickle")
            stem = pickles[0].filename[:-8]
            for key, name in (("fileVersion", "version"), ("byteOrder", "byteorder")):
                if stem + name in archive.NameToInfo and archive.NameToInfo[stem + name].file_size < 20:
                    told[key] = archive.read(stem + name).decode("ascii", "replace").strip()
    text = lambda key: found[key][:60] if isinstance(found.get(key), str) else None
    told.update(read=True, detail="every checksum inside is right", board=text("board_type"), torchVersion=text("torch_version"))
    told["metadataKeys"] = sorted(key[:60] for key in found)[:60]
    if type(found.get("num_players")) is int and abs(found["num_players"]) < 1000: told["players"] = found["num_players"]
for name in sys.argv[1:]:
    told = {"bytes": 0}
    try: look("./" + name, told)
    except Bad as bad: told.update(fault=bad.args[0], detail=bad.args[1])
    except OSError as error:
        # A seek to nowhere is the fault of the file; a disk that does not answer is not.
        if error.errno != 22: raise
        told.update(fault="format_corrupt", detail="its directory cannot be read")
    except Exception: told.update(fault="format_corrupt", detail="its directory cannot be read")
    print(json.dumps(told), flush=True)
`;
