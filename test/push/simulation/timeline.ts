interface Event {
  readonly at: number;
  /** Orders events of the same time by when they were planned. */
  readonly order: number;
  readonly happen: () => void;
}

/** Virtual time. Events happen in the order of their time; all promises that one settles run before the next event. */
export class Timeline {
  /** Milliseconds since the start. */
  now = 0;
  happened = 0;
  readonly #heap: Event[] = [];
  #planned = 0;

  after(milliseconds: number, happen: () => void): void {
    const event = { at: this.now + Math.max(0, milliseconds), order: this.#planned++, happen };
    let place = this.#heap.push(event) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!this.#isBefore(place, parent)) break;
      this.#swap(place, parent);
      place = parent;
    }
  }

  /** Plays until `isOver`, or until no event is left. */
  async play(isOver: () => boolean): Promise<void> {
    for (;;) {
      // All settled promises have run before an immediate does.
      await new Promise(setImmediate);
      if (isOver()) return;
      const event = this.#next();
      if (!event) return;
      this.now = event.at;
      this.happened++;
      event.happen();
    }
  }

  #next(): Event | undefined {
    const first = this.#heap[0];
    const last = this.#heap.pop();
    if (!first || !last || first === last) return first;
    this.#heap[0] = last;
    let place = 0;
    for (;;) {
      let least = place;
      for (const child of [2 * place + 1, 2 * place + 2]) {
        if (child < this.#heap.length && this.#isBefore(child, least)) least = child;
      }
      if (least === place) return first;
      this.#swap(place, least);
      place = least;
    }
  }

  #isBefore(left: number, right: number): boolean {
    const [a, b] = [this.#at(left), this.#at(right)];
    return a.at < b.at || (a.at === b.at && a.order < b.order);
  }

  #swap(left: number, right: number): void {
    const [a, b] = [this.#at(left), this.#at(right)];
    this.#heap[left] = b;
    this.#heap[right] = a;
  }

  #at(place: number): Event {
    const event = this.#heap[place];
    if (!event) throw new Error('no such place');
    return event;
  }
}
