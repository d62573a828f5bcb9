import { createCrowd, type Crowd } from '../support/event-crowd.js'

/** A crowd in a process of its own: what the parent sends is `[id, method, arguments]`; ends with the parent. */
const crowd = createCrowd(process.argv[2] ?? '')

type Call = readonly [id: number, method: keyof Crowd, given: readonly unknown[]]

process.on('message', ([id, method, given]: Call) => {
  void (async () => {
    try {
      process.send?.([id, await Reflect.apply(crowd[method], crowd, given)])
    } catch (error) {
      process.send?.([id, undefined, String(error)])
    }
  })()
})
process.on('disconnect', () => process.exit(0))
