// Marks that a person sets on the past. They are this person's own, in this
// browser: a mark is a finger in a book, no record.
export interface Mark {
  at: number;
  name: string;
}

const most = 60;

export class Marks {
  readonly #key: string;

  constructor(realm: string, person: string, private readonly kept: Pick<Storage, 'getItem' | 'setItem'> | undefined = storage()) {
    this.#key = `replay.marks.${realm}.${person}`;
  }

  all(): Mark[] {
    try {
      const list = JSON.parse(this.kept?.getItem(this.#key) ?? '[]') as Mark[];
      return Array.isArray(list) ? list.filter((m) => Number.isFinite(m?.at) && typeof m.name === 'string').sort((a, b) => a.at - b.at) : [];
    } catch {
      return [];
    }
  }

  /** Sets a mark, or names the one that is at that moment anew. */
  set(mark: Mark): Mark[] {
    return this.#keep([...this.all().filter((m) => m.at !== mark.at), { at: mark.at, name: mark.name.slice(0, 60) }].slice(-most));
  }

  remove(at: number): Mark[] {
    return this.#keep(this.all().filter((m) => m.at !== at));
  }

  #keep(list: Mark[]): Mark[] {
    try {
      this.kept?.setItem(this.#key, JSON.stringify(list));
    } catch {
      // Storage is full or switched off: the marks last as long as the page.
    }
    return list.sort((a, b) => a.at - b.at);
  }
}

function storage(): Storage | undefined {
  try {
    return globalThis.localStorage;
  } catch {
    return undefined;
  }
}
