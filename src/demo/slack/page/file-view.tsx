import { type JsonObject, stringAt } from '../json.ts';
import { localPath } from './renderable.ts';

/** A shared file: a picture inline, a text as its first lines. */
export function FileView({ file }: { readonly file: JsonObject }) {
  const url = localPath(stringAt(file, 'url_private') ?? '');
  const title = stringAt(file, 'title') ?? stringAt(file, 'name') ?? 'file';
  const preview = stringAt(file, 'preview');
  const lines = Number(file['lines'] ?? 0);
  return (
    <figure className="file" data-testid="file">
      <figcaption>
        <a href={url} target="_blank" rel="noreferrer">
          {title}
        </a>
        <span className="quiet">
          {sizeWords(Number(file['size'] ?? 0))}
          {lines > 0 && ` · ${lines} lines`}
        </span>
      </figcaption>
      {preview === undefined ? (
        <a href={url} target="_blank" rel="noreferrer">
          <img src={url} alt={title} />
        </a>
      ) : (
        <pre>{preview.split('\n').slice(0, 10).join('\n')}</pre>
      )}
    </figure>
  );
}

function sizeWords(bytes: number): string {
  return bytes < 1_000 ? `${bytes} B` : `${(bytes / 1_000).toFixed(1)} kB`;
}
