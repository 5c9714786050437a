/**
 * `torch_of ROOT VENV`: sets $python to the first Python that has torch, in the order in which the cluster would take one; empty: none
 * has. $any is the last Python that there was at all. Changes no folder. `confine` sets $jail to what keeps a process off the network,
 * where the system allows it, and limits time and memory from here on.
 */
export const shellTorch = `
torch_of() {
  any= python= own=
  if [ -n "$2" ]; then
    resolve "$2"
    own=$folder/bin/python
  fi
  resolve "$1"
  for one in "$own" "$folder/venv/bin/python" python3 /usr/bin/python3; do
    if [ -z "$one" ] || ! command -v "$one" >/dev/null 2>&1; then continue; fi
    any=$one
    if "$one" -I -c 'import importlib.util, sys; sys.exit(importlib.util.find_spec("torch") is None)' 2>/dev/null; then
      python=$one
      return
    fi
  done
}
confine() {
  jail=
  if unshare -rn true 2>/dev/null; then jail='unshare -rn'; fi
  ulimit -t 300 2>/dev/null
  ulimit -v 33554432 2>/dev/null
}
`;
