interface Link<Item> {
  readonly name: string
  readonly item: Item
  older: Link<Item> | undefined
  newer: Link<Item> | undefined
}

/** Items by name, in the order in which they were used last; everything but `values` takes the same time whatever the size. */
export class Recency<Item> {
  readonly #links = new Map<string, Link<Item>>()
  #oldest: Link<Item> | undefined
  #newest: Link<Item> | undefined

  get size(): number {
    return this.#links.size
  }

  /** The one that was used least recently. */
  get oldest(): Item | undefined {
    return this.#oldest?.item
  }

  /** The item, without counting that as a use. */
  get(name: string): Item | undefined {
    return this.#links.get(name)?.item
  }

  /** The item, from now on the one that was used last. */
  use(name: string): Item | undefined {
    const link = this.#links.get(name)
    if (link === undefined) return undefined
    if (link !== this.#newest) {
      this.#unlink(link)
      this.#append(link)
    }
    return link.item
  }

  /** Takes the item in as the one that was used last, instead of one of the same name. */
  set(name: string, item: Item): void {
    this.delete(name)
    const link: Link<Item> = { name, item, older: undefined, newer: undefined }
    this.#links.set(name, link)
    this.#append(link)
  }

  delete(name: string): void {
    const link = this.#links.get(name)
    if (link === undefined) return
    this.#links.delete(name)
    this.#unlink(link)
  }

  /** In no particular order. */
  *values(): Iterable<Item> {
    for (const { item } of this.#links.values()) yield item
  }

  #append(link: Link<Item>): void {
    link.older = this.#newest
    link.newer = undefined
    if (this.#newest === undefined) this.#oldest = link
    else this.#newest.newer = link
    this.#newest = link
  }

  #unlink({ older, newer }: Link<Item>): void {
    if (older === undefined) this.#oldest = newer
    else older.newer = newer
    if (newer === undefined) this.#newest = older
    else newer.older = older
  }
}
