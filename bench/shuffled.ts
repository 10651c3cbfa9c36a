/** The same things in an order of chance (Fisher and Yates). */
export function shuffled<Thing>(things: readonly Thing[], uniform: () => number): Thing[] {
  const order = [...things]
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor((i + 1) * uniform())
    ;[order[i], order[j]] = [order[j], order[i]]
  }
  return order
}
