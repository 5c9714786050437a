import { shellEnter, shellStart } from '../facts/shell.ts';
import { NO_SPACE, shellPartial } from './scripts.ts';

/** What is verified and passed on at once (bytes). */
export const BLOCK_BYTES = 4_194_304;

/**
 * One end of a relay, with python3's own library alone. `hold`: reads a whole file, tells the sha256 of each block and, when that of the
 * whole is right, serves it. `take`: gets the blocks' sha256, pulls into the partial file from whom it is told, and serves every block
 * once it was read back and found right. It ends with its standard input, or after its seconds.
 *
 * Who pulls has a token of 256 bits for one connection, bound by a keyed hash to receiver, digest, size and place; it never crosses the
 * network, and the server proves that it has it too. It stands in a quoted shell word: no apostrophe in it.
 */
const PROGRAM = String.raw`
import errno, hashlib, hmac, os, socket, struct, sys, threading, time
mode, name, digest, size, me, host, seconds, rate = sys.argv[1:9]
size, rate = int(size), int(rate)
BLOCK, FRAME, QUIET_S = ${BLOCK_BYTES}, 262144, 5
more, mouth = threading.Condition(), threading.Lock()
grants, blocks = {}, []
sound = at = received = 0
class Cut(Exception): pass
def say(*words):
    with mouth:
        sys.stdout.write(" ".join(str(word) for word in words) + "\n")
        sys.stdout.flush()
def leave(code, text=""):
    if text: sys.stderr.write(text + "\n"); sys.stderr.flush()
    os._exit(code)
def proof(token, *words):
    return hmac.new(token, "\n".join(str(word) for word in words).encode(), hashlib.sha256).hexdigest()
def line_from(conn):
    text = b""
    while not text.endswith(b"\n"):
        part = conn.recv(1)
        if not part or len(text) > 500: raise Cut("it said nothing that could be understood")
        text += part
    return text[:-1].decode("ascii", "replace")
def exactly(conn, view):
    while len(view):
        count = conn.recv_into(view)
        if not count: raise Cut("it ended the connection")
        view = view[count:]
def part(start):
    end = min(start - start % BLOCK + BLOCK, size)
    data = bytearray()
    begin = start - start % BLOCK
    while begin + len(data) < end:
        some = os.pread(fd, end - begin - len(data), begin + len(data))
        if not some: break
        data += some
    return data
def is_right(start):
    return hashlib.sha256(part(start)).hexdigest() == blocks[start // BLOCK]
def give(conn):
    try:
        conn.settimeout(10)
        nonce = os.urandom(16).hex()
        conn.sendall((nonce + "\n").encode())
        receiver, wanted, length, first, theirs, shown = line_from(conn).split(" ")
        with more:
            token, until = grants.get(receiver, (os.urandom(32), 0))
            known = hmac.compare_digest(shown, proof(token, "take", nonce, receiver, wanted, length, first, theirs))
            if known: grants.pop(receiver, None)
        if not known or time.monotonic() > until or wanted != digest or int(length) != size or not 0 <= int(first) <= size:
            say("refused")
            return
        conn.sendall((proof(token, "give", nonce, theirs) + "\n").encode())
        conn.settimeout(None)
        conn.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", 30, 0))
        here = int(first)
        while here < size:
            with more:
                if sound <= here: more.wait(QUIET_S)
                upto = sound
            count = max(0, min(FRAME, upto - here, BLOCK - here % BLOCK))
            conn.sendall(struct.pack("!I", count))
            end = here + count
            while here < end:
                sent = os.sendfile(conn.fileno(), fd, here, end - here) if hasattr(os, "sendfile") else conn.send(os.pread(fd, end - here, here))
                if not sent: raise Cut("the file ended")
                here += sent
        say("gave", receiver, here - int(first))
    except (OSError, ValueError, Cut):
        pass
    finally:
        conn.close()
        places.release()
def serve(listener):
    while True:
        conn = listener.accept()[0]
        if places.acquire(False): threading.Thread(target=give, args=(conn,), daemon=True).start()
        else: conn.close()
def listen():
    if not host: return
    try:
        listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        listener.bind((host, 0))
        listener.listen(16)
    except OSError:
        say("deaf")
        return
    threading.Thread(target=serve, args=(listener,), daemon=True).start()
    say("listens", listener.getsockname()[1])
def pull(place, port, source, token):
    global sound, at, received
    start = at - at % BLOCK
    mixed = at > start
    try:
        conn = socket.create_connection((place, int(port)), 10)
        conn.settimeout(4 * QUIET_S)
        nonce, theirs = line_from(conn), os.urandom(16).hex()
        words = (me, digest, size, at, theirs)
        conn.sendall((" ".join(str(word) for word in words) + " " + proof(token, "take", nonce, *words) + "\n").encode())
        if not hmac.compare_digest(line_from(conn), proof(token, "give", nonce, theirs)): raise Cut("it does not know the token")
        say("linked", source)
        buffer, head = memoryview(bytearray(FRAME)), memoryview(bytearray(4))
        begun, came, shown = time.monotonic(), 0, 0.0
        while at < size:
            exactly(conn, head)
            count = struct.unpack("!I", head)[0]
            if count > FRAME or count > BLOCK - at % BLOCK or at + count > size: raise Cut("it sent what was not asked for")
            exactly(conn, buffer[:count])
            done = 0
            while done < count: done += os.pwrite(fd, buffer[done:count], at + done)
            at, came, received = at + count, came + count, received + count
            now = time.monotonic()
            if count and (now - shown > 0.02 or at % BLOCK == 0):
                shown = now
                say("got", at, received)
            if count and (at % BLOCK == 0 or at == size):
                if not is_right(start):
                    os.ftruncate(fd, start)
                    at = start
                    say("stale" if mixed else "bad", source)
                    return
                start, mixed = at, False
                with more:
                    sound = at
                    more.notify_all()
            if rate and came / rate > now - begun: time.sleep(came / rate - (now - begun))
        say("got", at, received)
        say("whole", received)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT): leave(${NO_SPACE}, "no space left on the disk")
        say("cut", source, "timeout" if isinstance(error, socket.timeout) else errno.errorcode.get(error.errno, "lost"))
    except Cut as cut:
        say("cut", source, cut)
places = threading.BoundedSemaphore(8)
timer = threading.Timer(int(seconds), leave, (75, "its time is over"))
timer.daemon = True
timer.start()
flags = os.O_RDONLY if mode == "hold" else os.O_RDWR
fd = os.open(name, flags | getattr(os, "O_NOFOLLOW", 0))
if mode == "hold":
    if os.fstat(fd).st_size != size: leave(10, "the file on the source has another size")
    whole = hashlib.sha256()
    for start in range(0, size, BLOCK):
        data = part(start)
        beside = threading.Thread(target=whole.update, args=(data,))
        beside.start()
        say("block", hashlib.sha256(data).hexdigest())
        beside.join()
    if whole.hexdigest() != digest: leave(10, "the file on the source has another digest")
    sound = size
    say("holds")
else:
    for start in range(0, size, BLOCK): blocks.append(sys.stdin.readline().strip())
    at = os.fstat(fd).st_size
    if at > size: os.ftruncate(fd, 0); at = 0
    while sound < at and min(sound + BLOCK, size) <= at:
        if not is_right(sound): os.ftruncate(fd, sound); at = sound; break
        sound = min(sound + BLOCK, size)
    say("has", at)
listen()
if mode == "take" and sound == size: say("whole", 0)
for line in sys.stdin:
    words = line.split()
    if words[0] == "grant":
        with more: grants[words[1]] = (bytes.fromhex(words[2]), time.monotonic() + int(words[3]))
    elif words[0] == "from":
        threading.Thread(target=pull, args=(words[1], words[2], words[3], bytes.fromhex(words[4])), daemon=True).start()
os._exit(0)
`;

const python = `
command -v python3 >/dev/null 2>&1 || fail 11 'there is no python3'
`;

/** Serves a file that is whole. Arguments: folder, path in it, digest, size, the node's name, address to listen at, seconds. */
export const relayHold = `${shellStart}${shellEnter}${python}
enter "$1" any
[ -f "./$2" ] && [ ! -L "./$2" ] || fail 10 'the source has no such file'
exec python3 -I -c '${PROGRAM}' hold "./$2" "$3" "$4" "$5" "$6" "$7" 0
`;

/**
 * Pulls into a partial file, made exclusively unless it is there, and serves it meanwhile. Arguments: folder, its id, name, digest, size,
 * the node's name, address to listen at or nothing, seconds, bytes a second or 0.
 */
export const relayTake = `${shellStart}${shellEnter}${shellPartial}${python}
enter "$1" "$2"
partial "$3"
if [ ! -e "./$3" ]; then
  (set -C; : >"./$3") 2>/dev/null || fail 13 'the temporary file cannot be made'
fi
exec python3 -I -c '${PROGRAM}' take "./$3" "$4" "$5" "$6" "$7" "$8" "$9"
`;
