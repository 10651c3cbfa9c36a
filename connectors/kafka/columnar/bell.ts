/** A wait that another part ends. Ringing while nobody waits does nothing. */
export class Bell {
  ring = (): void => {}

  /** Resolves at the next ring, or after so many ms. */
  wait(ms = Number.POSITIVE_INFINITY): Promise<void> {
    return new Promise((resolve) => {
      const timer = Number.isFinite(ms) ? setTimeout(resolve, ms) : undefined
      this.ring = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
