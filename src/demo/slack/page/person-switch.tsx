import type { PersonOptions } from '../options.ts';
import { Avatar } from './avatar.tsx';

/** Who the page is now: everything shown and done is this person's. */
export function PersonSwitch(props: {
  readonly people: readonly PersonOptions[];
  readonly userId: string;
  readonly onPick: (id: string) => void;
}) {
  return (
    <fieldset className="person-switch" data-testid="person-switch">
      <legend className="quiet">You are</legend>
      {props.people.map((person) => (
        <button
          key={person.id}
          type="button"
          data-testid={`person-${person.name}`}
          aria-pressed={person.id === props.userId}
          onClick={() => props.onPick(person.id)}
        >
          <Avatar id={person.id} name={person.realName} />
          <span>
            <b>{person.realName}</b>
            {person.title !== undefined && <small>{person.title}</small>}
          </span>
        </button>
      ))}
    </fieldset>
  );
}
