interface Connectable {
  connect(): Promise<void>
  close(): Promise<void>
}

/** Connects and closes again. */
export async function connectOnce(component: Connectable): Promise<void> {
  try {
    await component.connect()
  } finally {
    await component.close()
  }
}
