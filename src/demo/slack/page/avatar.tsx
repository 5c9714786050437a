/** A coloured square with initials; the same person always has the same colour. */
export function Avatar({
  id,
  name,
  app = false,
}: {
  readonly id: string;
  readonly name: string;
  readonly app?: boolean;
}) {
  if (app) {
    return (
      <span className="avatar app">
        <img src="/favicon.svg" alt="" />
      </span>
    );
  }
  const hue = Array.from(id).reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 360, 7);
  const initials = name
    .split(/\s+/)
    .map((word) => word[0] ?? '')
    .join('')
    .slice(0, 2);
  return (
    <span className="avatar" style={{ background: `hsl(${hue} 38% 42%)` }} aria-hidden="true">
      {initials.toUpperCase()}
    </span>
  );
}
