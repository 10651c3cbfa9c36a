import { build } from './board.js'
import { boards } from './index.js'
import { provisioning } from './provisioning.js'
import { ruleFiles } from './rules/file.js'

/** All that is made from the code here, by path under `dashboards/generated/`. */
export const generatedFiles = (): Readonly<Record<string, string>> => ({
  ...Object.fromEntries(boards.map((board) => [`grafana/dashboards/${board.name}.json`, `${JSON.stringify(build(board), null, 2)}\n`])),
  ...provisioning,
  ...Object.fromEntries(Object.entries(ruleFiles).map(([name, text]) => [`prometheus/${name}`, text])),
})
