import { defineAdapter } from '../../core/adapter.js'
import { createExpertflow } from './adapter.js'
import { expertflowCommandOptions, expertflowOptions } from './options.js'

/** Expertflow CX: Agent Manager (REST login, Socket.IO), Unified Admin (reasons), routing engine (reads). */
export const expertflow = defineAdapter({
  kind: 'expertflow',
  options: expertflowOptions,
  commandOptions: expertflowCommandOptions,
  create: (context) => createExpertflow(context, Math.random),
})
