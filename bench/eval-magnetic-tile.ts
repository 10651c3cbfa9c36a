import { imageEvaluation } from './images/evaluation.js'
import { magneticTileEvaluation } from './images/magnetic-tile.js'
import { openJudge } from './images/product-judge.js'

await imageEvaluation('eval:magnetic-tile', 'the folder magnetic_tile with groups.csv', [], openJudge, magneticTileEvaluation)
