const held = (): void => undefined

/** Does something that must not be left half done: a signal that asks the process to end, and would end it at once, is not heard. */
export async function holdSignals(work: () => Promise<void>): Promise<void> {
  process.on('SIGTERM', held).on('SIGINT', held)
  try {
    await work()
  } finally {
    process.off('SIGTERM', held).off('SIGINT', held)
  }
}
