import { randomBytes } from 'node:crypto';
import { type JsonObject, objectsOf } from './json.ts';
import { randomId, withIds } from './workspace.ts';

/** A modal that a person has open. */
export type View = {
  readonly id: string;
  readonly userId: string;
  readonly hash: string;
  readonly rootId: string;
  readonly previousId?: string;
  /** What the app sent: title, submit, close, callback_id, private_metadata ... */
  readonly definition: JsonObject;
  readonly blocks: readonly JsonObject[];
  /** What the app complained about at the last submission, by block_id. */
  readonly errors: { readonly [blockId: string]: string };
};

/** The modals of every person, the newest on top; Slack allows three. */
export type ViewStacks = ReturnType<typeof createViewStacks>;

/** Nobody has a modal open. */
export function createViewStacks() {
  const views: View[] = [];
  const homes = new Map<string, View>();

  function make(userId: string, definition: JsonObject, previous?: View): View {
    const id = `V0${randomId(9)}`;
    return {
      id,
      userId,
      hash: newHash(),
      rootId: previous?.rootId ?? id,
      ...(previous ? { previousId: previous.id } : {}),
      definition,
      blocks: withIds(objectsOf(definition['blocks'])),
      errors: {},
    };
  }
  function put(old: View, changed: View): View {
    views[views.indexOf(old)] = changed;
    return changed;
  }

  return {
    /** A person's open modals, the visible one last. */
    of: (userId: string) => views.filter((view) => view.userId === userId),
    byId: (id: string) => views.find((view) => view.id === id),
    byExternalId: (id: string) => views.find((view) => view.definition['external_id'] === id),
    /** What the app shows a person in its Home tab; undefined: nothing yet. */
    home: (userId: string) => homes.get(userId),
    publish(userId: string, definition: JsonObject): View {
      const view = make(userId, definition);
      homes.set(userId, view);
      return view;
    },
    open(userId: string, definition: JsonObject): View {
      const view = make(userId, definition);
      views.push(view);
      return view;
    },
    /** Puts a modal on top of the person's last one; undefined when three are open. */
    push(userId: string, definition: JsonObject): View | undefined {
      const stack = views.filter((view) => view.userId === userId);
      if (stack.length >= 3) return undefined;
      const view = make(userId, definition, stack.at(-1));
      views.push(view);
      return view;
    },
    update: (old: View, definition: JsonObject): View =>
      put(old, {
        ...old,
        definition,
        hash: newHash(),
        blocks: withIds(objectsOf(definition['blocks'])),
        errors: {},
      }),
    setErrors: (old: View, errors: View['errors']): View => put(old, { ...old, errors }),
    remove: (view: View): void => void views.splice(views.indexOf(view), 1),
    clear(userId: string): void {
      for (const view of views.filter((open) => open.userId === userId)) views.splice(views.indexOf(view), 1);
    },
  };
}

function newHash(): string {
  return `${Date.now()}.${randomBytes(4).toString('hex')}`;
}
