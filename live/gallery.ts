/** A picture, and the heatmap over it in grey, each a file. */
export interface ShownPicture {
  readonly image: Uint8Array
  readonly heatmap: Uint8Array
}

type Shown = Readonly<Record<'image' | 'heatmap', string>>

/** Pictures that are kept: those of four alerts. Each event has up to five drawn, the worst first. */
const KEPT = 4 * 5

/** The worst pictures that were drawn last, by the name of their heatmap. */
export class Gallery {
  readonly #pictures = new Map<string, Shown>()

  add(name: string, { image, heatmap }: ShownPicture): void {
    this.#pictures.set(name, { image: uri('jpeg', image), heatmap: uri('png', heatmap) })
    const [oldest] = this.#pictures.keys()
    if (this.#pictures.size > KEPT && oldest !== undefined) this.#pictures.delete(oldest)
  }

  /**
   * The first that is at hand: the heatmap of an alert's very worst picture may not be drawn yet, or not be kept any more.
   * @param places where an alert says that its heatmaps are, paths or URLs
   */
  find(places: readonly (string | undefined)[]): Shown | undefined {
    for (const place of places) {
      const shown = place === undefined ? undefined : this.#pictures.get(place.slice(place.lastIndexOf('/') + 1))
      if (shown !== undefined) return shown
    }
    return undefined
  }
}

const uri = (type: string, bytes: Uint8Array): string => `data:image/${type};base64,${Buffer.from(bytes).toString('base64')}`
