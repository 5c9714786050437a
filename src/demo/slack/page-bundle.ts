import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { build } from 'esbuild';

type Asset = { readonly type: string; readonly body: string | Uint8Array };

const shell = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<title>#incidents – local Slack</title>
<link rel="icon" href="/favicon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/page.css">
</head>
<body><div id="root"></div><script type="module" src="/page.js"></script></body>
</html>
`;

const favicon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#24414a"/>
<path d="M8 17h4l2.5-7 4 13 2.5-6h3" fill="none" stroke="#9fe3c4" stroke-width="2.6" stroke-linecap="round" stroke-linejoin="round"/></svg>`;

// The page loads nothing from anywhere else, and the browser is told to hold it to that.
const policy =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'";

/** Serves the page; its script and style are bundled in memory when they are asked for first. */
export function createPage(): (response: ServerResponse, name: string) => Promise<void> {
  let bundled: Promise<ReadonlyMap<string, Asset>> | undefined;
  return async (response, name) => {
    const fixed = fixedAsset(name);
    bundled ??= fixed === undefined ? bundle() : undefined;
    const asset = fixed ?? (await bundled)?.get(name);
    if (asset === undefined) return void response.writeHead(404).end('not found');
    response.writeHead(200, {
      'content-type': asset.type,
      'content-security-policy': policy,
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    });
    response.end(asset.body);
  };
}

function fixedAsset(name: string): Asset | undefined {
  if (name === '' || name === 'archives') return { type: 'text/html; charset=utf-8', body: shell };
  if (name === 'favicon.svg' || name === 'favicon.ico') return { type: 'image/svg+xml', body: favicon };
  return undefined;
}

/** Bundles the page with esbuild; about a second. */
export async function bundle(): Promise<ReadonlyMap<string, Asset>> {
  const folder = join(import.meta.dirname, 'page');
  const result = await build({
    entryPoints: { page: join(folder, 'main.tsx'), style: join(folder, 'page.css') },
    outdir: 'out',
    bundle: true,
    write: false,
    minify: true,
    format: 'esm',
    target: 'es2022',
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"production"' },
    logLevel: 'silent',
  });
  const find = (end: string) => result.outputFiles.find((file) => file.path.endsWith(end))?.contents ?? '';
  return new Map([
    ['page.js', { type: 'text/javascript; charset=utf-8', body: find('page.js') }],
    ['page.css', { type: 'text/css; charset=utf-8', body: find('style.css') }],
  ]);
}
