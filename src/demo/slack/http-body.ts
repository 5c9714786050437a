import type { IncomingMessage, ServerResponse } from 'node:http';
import { type JsonObject, objectOf, parseJson } from './json.ts';

const bodyBytesMax = 32 * 1024 * 1024;

/** The whole body of a request; more than 32 MiB ends the connection with an error. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    const part = Buffer.from(chunk);
    bytes += part.length;
    if (bytes > bodyBytesMax) throw new Error('request body too large');
    chunks.push(part);
  }
  return Buffer.concat(chunks);
}

/** The fields of a body: JSON, a form, a multipart form, or the query when there is none. */
export async function readFields(request: IncomingMessage, body: Buffer): Promise<JsonObject> {
  const query = Object.fromEntries(new URL(request.url ?? '/', 'http://local').searchParams);
  const type = request.headers['content-type'] ?? '';
  if (type.startsWith('application/json')) return { ...query, ...objectOf(parseJson(body.toString('utf8'))) };
  if (type.startsWith('multipart/form-data')) {
    const form = await new Response(new Uint8Array(body), { headers: { 'content-type': type } }).formData();
    return { ...query, ...Object.fromEntries(form) };
  }
  return { ...query, ...Object.fromEntries(new URLSearchParams(body.toString('utf8'))) };
}

/** The bytes of an upload: the body itself, or the one file in a multipart form. */
export async function readUpload(request: IncomingMessage, body: Buffer): Promise<Buffer> {
  if (!(request.headers['content-type'] ?? '').startsWith('multipart/form-data')) return body;
  const fields = await readFields(request, body);
  const file = Object.values(fields).find((value) => value instanceof Blob);
  return file instanceof Blob ? Buffer.from(await file.arrayBuffer()) : body;
}

/** Answers with JSON. */
export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' });
  response.end(JSON.stringify(value));
}
