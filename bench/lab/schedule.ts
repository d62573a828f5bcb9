/** Calls so many times a second, on schedule: what is late is made up for. Resolves with how many calls there were. */
export function onSchedule(perSecond: number, seconds: number, call: (n: number) => void): Promise<number> {
  const all = Math.round(perSecond * seconds)
  const began = performance.now()
  let next = 0
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      while (next < all && began + (next * 1000) / perSecond <= performance.now()) call(next++)
      if (next < all) return
      clearInterval(timer)
      resolve(all)
    }, 2)
  })
}
