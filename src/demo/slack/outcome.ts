/** How a person's deed ended; the error is what the client would show. */
export type Outcome = { readonly ok: true } | { readonly ok: false; readonly error: string };

/** An element in a message or a modal; without block_id the first with this action_id. */
export type Target = { readonly action_id: string; readonly block_id?: string };
