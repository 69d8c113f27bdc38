// What keeps a form at the node while it is typed. One save at a time, and each says which version it
// follows: two at once would be taken for two windows. But for the last one of a page that goes: it does
// not wait for one that is on its way, and follows what that follows, or makes.

export interface Kept {
  /** `isLast`: it may follow the next version, too. Returns the version that it has now. */
  put: (text: string, version: number, isLast: boolean) => Promise<number>;
  remove: () => Promise<void>;
}

export class Keeper {
  private stored: string;
  private sent = ""; // with the save that began last
  private turn: Promise<void> = Promise.resolve();
  private isOver = false;
  private onItsWay = 0;

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
      await this.put(text, false);
      return true;
    });
  }

  /** The page goes: what is newest leaves now. */
  async leave(): Promise<void> {
    if (this.onItsWay === 0) {
      await this.save();
    } else if (!this.isOver && this.newest !== this.sent) {
      await this.put(this.newest, true);
    }
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

  private async put(text: string, isLast: boolean): Promise<void> {
    this.onItsWay++;
    this.sent = text;
    try {
      this.version = Math.max(this.version, await this.at.put(text, this.version, isLast));
      this.stored = text;
    } finally {
      this.onItsWay--;
    }
  }

  private next<T>(act: () => Promise<T>): Promise<T> {
    const done = this.turn.then(act);
    this.turn = done.then(() => undefined, () => undefined);
    return done;
  }
}
