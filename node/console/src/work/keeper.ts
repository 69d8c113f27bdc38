// What keeps a form at the node while it is typed. One save at a time, and each says which version it
// follows: two at once would be taken for two windows.

export interface Kept {
  put: (text: string, version: number) => Promise<number>; // the version that it has now
  remove: () => Promise<void>;
}

export class Keeper {
  private stored: string;
  private turn: Promise<void> = Promise.resolve();
  private isOver = false;

  /** `version` 0: never kept; then `text` is what nobody has touched, and not worth keeping. */
  constructor(private readonly at: Kept, private version: number, private newest: string) {
    this.stored = newest;
  }

  get isKept(): boolean {
    return this.version > 0;
  }

  typed(text: string): void {
    this.newest = text;
  }

  /** What is newest once it is this one's turn. True: something was kept. */
  save(): Promise<boolean> {
    return this.next(async () => {
      const text = this.newest;
      if (this.isOver || text === this.stored) {
        return false;
      }
      this.version = await this.at.put(text, this.version);
      this.stored = text;
      return true;
    });
  }

  /** Another window saved this form; what is here is to stand. `version`: the one there, 0 of none. */
  follow(version: number): void {
    this.version = version;
    this.stored = "";
  }

  /** It was handed in or given up: a save behind this keeps nothing. */
  drop(): Promise<void> {
    this.isOver = true;
    return this.next(() => this.at.remove());
  }

  private next<T>(act: () => Promise<T>): Promise<T> {
    const done = this.turn.then(act);
    this.turn = done.then(() => undefined, () => undefined);
    return done;
  }
}
