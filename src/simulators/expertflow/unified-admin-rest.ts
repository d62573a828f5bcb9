import type { Response } from 'express'
import { z } from 'zod'
import type { Call, GateTools, Route } from './rest-gate.js'
import type { ReasonInput, ReasonWrite } from './reasons.js'

/** Body of `POST` and `PUT /reasons` (expertflow.md §9.1). `code` and `id` are tolerated and without effect. */
const reasonBody = z.strictObject({
  name: z.string().min(1).max(30),
  description: z.string().max(500).nullish(),
  type: z
    .string()
    .transform((type) => type.toUpperCase())
    .pipe(z.enum(['LOGOUT', 'NOT_READY'])),
  code: z.unknown().optional(),
  id: z.unknown().optional(),
})

/** Desk settings in their documented ranges (expertflow.md §9.6, §11.3); the names of the fields are not documented. */
const DESK_SETTINGS = { id: '6305de07166ba1099d110001', isInactivityTimerEnabled: false, inactivityTimeout: 600, wrapUpTime: 30 } as const

/** Unified Admin: reasons with the documented defects, desk settings, health (expertflow.md §9). */
export function unifiedAdminRoutes(tools: GateTools): Route[] {
  const { site } = tools
  let deskSettings: Record<string, unknown> = { ...DESK_SETTINGS }
  return [
    {
      method: 'get',
      path: '/unified-admin/reasons',
      handle: ({ request, response }) => {
        const { type } = request.query
        response.json(site.reasons.list(typeof type === 'string' ? type : undefined, site.options.typeFilter))
      },
    },
    { method: 'get', path: '/unified-admin/reasons/:id', handle: (call) => readReason(tools, call) },
    { method: 'post', path: '/unified-admin/reasons', handle: (call) => writeReason(tools, call, (input) => site.reasons.create(input)) },
    {
      method: 'put',
      path: '/unified-admin/reasons/:id',
      handle: (call) => writeReason(tools, call, (input) => site.reasons.update(String(call.request.params.id), input)),
    },
    { method: 'delete', path: '/unified-admin/reasons/:id', handle: (call) => deleteReason(tools, call) },
    { method: 'get', path: '/unified-admin/agent-desk-settings', handle: ({ response }) => void response.json(deskSettings) },
    {
      method: 'put',
      path: '/unified-admin/agent-desk-settings',
      handle: ({ request, response, seq }) => {
        deskSettings = { ...deskSettings, ...(request.body as Record<string, unknown>), id: DESK_SETTINGS.id }
        tools.journal.amend(seq, { effect: 'applied' })
        response.json(deskSettings)
      },
    },
    { method: 'get', path: '/unified-admin/users', handle: (call) => users(tools, call) },
    { method: 'get', path: '/unified-admin/health', open: true, handle: ({ response }) => void response.json({ status: 'UP' }) },
    {
      method: 'get',
      path: '/unified-admin/metrics',
      open: true,
      handle: ({ response }) => void response.type('text/plain').send('# TYPE up gauge\nup 1\n'),
    },
  ]
}

/** An id that does not exist is never answered: the 2024 controller swallows the exception (expertflow.md §9.3). */
function unknownReason({ site }: GateTools, response: Response): void {
  if (site.options.unknownReason === 'not-found') response.status(404).json({ code: 404, message: 'Reason not found' })
}

function readReason(tools: GateTools, { request, response }: Call): void {
  const reason = tools.site.reasons.find(String(request.params.id))
  if (reason === undefined) unknownReason(tools, response)
  else response.json(reason)
}

function writeReason(tools: GateTools, call: Call, write: (input: ReasonInput) => ReasonWrite): void {
  const parsed = reasonBody.safeParse(call.request.body)
  if (!parsed.success) {
    tools.journal.amend(call.seq, { effect: 'refused' })
    call.response.status(400).json({ code: 400, message: z.prettifyError(parsed.error) })
    return
  }
  const { name, description, type } = parsed.data
  answer(tools, call, write({ name, description: description ?? '', type }))
}

function deleteReason(tools: GateTools, call: Call): void {
  const result = tools.site.reasons.remove(String(call.request.params.id))
  if ('reason' in result) {
    tools.journal.amend(call.seq, { effect: 'applied' })
    call.response.json({ code: 'Deleted', message: 'Deleted Successfully' })
  } else answer(tools, call, result)
}

/** The outcomes of a write, expertflow.md §9.3. */
function answer(tools: GateTools, { response, seq }: Call, result: ReasonWrite): void {
  tools.journal.amend(seq, { effect: 'reason' in result ? 'applied' : 'refused' })
  if ('reason' in result) response.json(result.reason)
  else if ('conflict' in result) response.status(409).json({ error: 'REASON_NAME_CONFLICT', message: 'Name Already Exists' })
  else if ('notAllowed' in result) response.status(405).json({ error: 'NOT_ALLOWED', message: 'Default reasons cannot be deleted' })
  else unknownReason(tools, response)
}

function users({ site }: GateTools, { request, response }: Call): void {
  const wanted = typeof request.query.roles === 'string' ? request.query.roles.split(',') : undefined
  response.json([...site.users.values()].filter((user) => wanted === undefined || user.roles.some((role) => wanted.includes(role))))
}
