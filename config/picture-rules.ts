import { Choice } from './choice.js'
import { fields, isEmpty, optionsOf, type Rule } from './rules.js'

/** Pictures have a backbone, whose features are the monitor's; nothing else has one. */
export const picturesDecoded: Rule = (monitor, report) => {
  const { decode, pictures, features, kinds, reference } = fields.parse(monitor)
  if (!(decode instanceof Choice)) return
  if (decode.type !== 'image') {
    if (pictures !== undefined) report(['pictures'], `means nothing beside decode.${decode.type}; leave it out, or decode: {image: {}}`)
    return
  }
  const { hosts, folders } = fields.parse(fields.parse(pictures).fetch)
  if (optionsOf(decode, 'image').uri !== undefined && isEmpty(hosts) && isEmpty(folders))
    report(
      ['pictures', 'fetch'],
      'lists no hosts and no folders, so no picture could be fetched; list those that the URIs of decode.image.uri name',
    )
  for (const [field, value] of Object.entries({ features, kinds }))
    if (!isEmpty(value)) report([field], 'means nothing for pictures, whose features are those of the backbone; leave it out')
  if (fields.parse(reference).ownPast !== undefined)
    report(['reference', 'ownPast'], 'judges each feature by itself, of which pictures have too many; give path, a reference')
}
