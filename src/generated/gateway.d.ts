// Generated from openapi/gateway.yaml by `npm run generate`. Do not edit.
export interface paths {
    "/v1/platforms": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** All platforms of this gateway */
        get: operations["listPlatforms"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/platforms/{platform}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                platform: components["parameters"]["platform"];
            };
            cookie?: never;
        };
        /** What one platform can do, and how its link is */
        get: operations["getPlatform"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/platforms/{platform}/reasons": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                platform: components["parameters"]["platform"];
            };
            cookie?: never;
        };
        /** Reasons for NOT_READY and LOGOUT, as the platform has them */
        get: operations["listReasons"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/platforms/{platform}/agents": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                platform: components["parameters"]["platform"];
            };
            cookie?: never;
        };
        /** State of all agents that are known */
        get: operations["listAgents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/platforms/{platform}/agents/{agentId}/state": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                platform: components["parameters"]["platform"];
                /** @description The platform's own id of the agent */
                agentId: components["parameters"]["agentId"];
            };
            cookie?: never;
        };
        /** State of one agent */
        get: operations["getAgentState"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/platforms/{platform}/agents/{agentId}/logout-preview": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                platform: components["parameters"]["platform"];
                /** @description The platform's own id of the agent */
                agentId: components["parameters"]["agentId"];
            };
            cookie?: never;
        };
        /**
         * What a forced logout would do to the agent's conversations
         * @description Reads the platform and changes nothing. Quote the ETag in `If-Match` of the forced LOGOUT: the gateway looks again before it accepts the
         *     command; when the state, the conversations or their outcomes have changed, the answer is 412 with the new preview, and nothing happens.
         */
        get: operations["previewLogout"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/platforms/{platform}/agents/{agentId}/commands": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                platform: components["parameters"]["platform"];
                /** @description The platform's own id of the agent */
                agentId: components["parameters"]["agentId"];
            };
            cookie?: never;
        };
        /** The agent's commands, newest first */
        get: operations["listCommands"];
        put?: never;
        /**
         * Ask for a state
         * @description 200 when it is confirmed within the wait, 202 while it is open, a problem document when it ended otherwise.
         *     With `dryRun=true` nothing is stored and nothing is sent: the answer shows the exact requests, redacted.
         */
        post: operations["postCommand"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/commands/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["parameters"]["commandId"];
            };
            cookie?: never;
        };
        /** One command */
        get: operations["getCommand"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/commands/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["parameters"]["commandId"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Take back a command that is not on its way yet */
        post: operations["cancelCommand"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/commands/{id}/replay": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["parameters"]["commandId"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Send a dead letter anew, as a new command; refused when a newer command exists */
        post: operations["replayCommand"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who did what, on whose behalf, and what came of it; newest first
         * @description A command has one row, from its acceptance to its end. A page with few rows, or none, may have a `next`: then there is more behind. A key that is
         *     limited to platforms sees their rows only, and none of those without a platform.
         */
        get: operations["listAudit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What happens, as it happens
         * @description Server-sent events (`text/event-stream`). A newcomer is told every agent first (`snapshot`, as many as needed, then `snapshot-end`),
         *     then every change: `agent`, `command`, `link`, each with an `id`. Whoever comes back with the last `id` it has seen is told what
         *     happened since, and nothing twice. Where that is not possible any more, `gap` says so and a snapshot follows. A comment every 15 s
         *     keeps the connection alive. Before the gateway ends a stream it says why: `end`. All processes of a site tell the same stream.
         *
         *     | `event` | `data` | Meaning |
         *     |---|---|---|
         *     | `snapshot` | StreamSnapshot | some of the agents, as they are |
         *     | `snapshot-end` | StreamSnapshotEnd | that was all; changes follow |
         *     | `agent` | AgentStreamEvent | the state of an agent has changed |
         *     | `command` | CommandStreamEvent | a command was accepted, or its status has changed |
         *     | `link` | LinkStreamEvent | the link to a platform; `down`: all its agents are stale until each one's next `agent` |
         *     | `gap` | StreamGap | something was not told |
         *     | `end` | StreamEnd | the gateway closes the connection |
         *
         *     With `shape=pega` agents are told in Pega's words: `SnapshotEvent` after a login, after a logout and for Busy, `AgentStateEvent` otherwise
         *     (PegaEvent); commands are not told, and `snapshot` brings Pega's Snapshots.
         */
        get: operations["streamEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/dead-letters": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Commands that a person must decide about, newest first */
        get: operations["listDeadLetters"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/dead-letters/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send many dead letters anew, the newest first; each is replayed or refused
         * @description Nothing is waited for. A letter whose agent has a newer command is refused (OBSOLETE), so that of several of one agent only the newest goes out.
         */
        post: operations["replayDeadLetters"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/operations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How the gateway stands - engine, processes, links, circuits, rates, queue
         * @description Links, circuits and waiting calls are as the answering process (`process`) has them; open commands and queue are the whole site's. What the store does not tell is missing.
         */
        get: operations["getOperations"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/operations/commands": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Open commands of all agents, the oldest first */
        get: operations["listOpenCommands"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sandbox": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What can be made to happen at the simulated platforms; 404 without the sandbox */
        get: operations["listSandboxButtons"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sandbox/{platform}/{button}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                platform: components["parameters"]["platform"];
                button: string;
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Make it happen; 404 without the sandbox */
        post: operations["pressSandboxButton"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/platforms/{platform}/refusals": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                platform: components["parameters"]["platform"];
            };
            cookie?: never;
        };
        /**
         * Contacts that were offered and not taken
         * @description JSON, CSV (`Accept: text/csv`) or JSON lines with progress (`Accept: application/x-ndjson`). Rows come as the platform delivers them; a malformed row is
         *     kept and flagged. `precededBy*` names the agent's newest command of the 60 s before, if there was one. Where the platform's times have no
         *     seconds, a READY accepted in the same minute is named too, without `precededBySeconds`: a contact is offered to READY agents only.
         */
        get: operations["listRefusals"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/platforms/{platform}/logouts": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                platform: components["parameters"]["platform"];
            };
            cookie?: never;
        };
        /** Logouts that were seen, with reason code and text */
        get: operations["listLogouts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/opencti/{platform}/LoginAgent": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                platform: components["parameters"]["platform"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Pega logs an agent in
         * @description The agent is NOT_READY afterwards.
         */
        post: operations["openCtiLoginAgent"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/opencti/{platform}/SetAgentReady": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                platform: components["parameters"]["platform"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Pega makes an agent available
         * @description The agent must be logged in.
         */
        post: operations["openCtiSetAgentReady"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/opencti/{platform}/SetAgentNotReady": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                platform: components["parameters"]["platform"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Pega makes an agent unavailable, or puts it into after-call work
         * @description The agent must be logged in. `WorkMode` `AFTER_CALL_WORK` (or `ACW`): the platform’s reason for after-call work.
         */
        post: operations["openCtiSetAgentNotReady"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/opencti/{platform}/LogoutAgent": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                platform: components["parameters"]["platform"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Pega logs an agent out
         * @description The agent must be logged in to at least one queue: otherwise `OPENCTI_AGENT_NOT_LOGGED_IN`.
         */
        post: operations["openCtiLogoutAgent"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What the key of this request is, and what it may do */
        get: operations["whoAmI"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/healthz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The process lives */
        get: operations["health"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The store answers */
        get: operations["ready"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What this process counts and measures, for Prometheus */
        get: operations["metrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/openapi.yaml": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** This document */
        get: operations["openapi"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/docs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** This document for people; a browser may use HTTP Basic with the key as password */
        get: operations["docs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/queues": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** BullMQ's own board of the wake-up queue, read only; a browser may use HTTP Basic with the key as password */
        get: operations["queueBoard"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/console": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The console page; it holds no data, and asks for a key itself */
        get: operations["console"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @enum {string} */
        ActionName: "LOGIN" | "READY" | "NOT_READY" | "LOGOUT";
        /** @enum {string} */
        AgentStateName: "LOGGED_OUT" | "LOGGING_IN" | "NOT_READY" | "READY" | "RESERVED" | "BUSY" | "HOLD" | "WRAP_UP" | "INTERRUPTED" | "UNKNOWN";
        /** @enum {string} */
        CommandStatus: "accepted" | "sent" | "retrying" | "confirmed" | "rejected" | "superseded" | "cancelled" | "expired" | "unconfirmed" | "dead";
        /** @enum {string} */
        CanonicalReason: "BREAK.SHORT" | "BREAK.LUNCH" | "MEETING" | "TRAINING" | "ADMINISTRATION" | "CALLBACK" | "OUT_OF_OFFICE" | "END_OF_SHIFT" | "WRAP_UP" | "SUPERVISOR.FORCED_LOGOUT" | "SUPERVISOR.FORCED_NOT_READY" | "SYSTEM.INACTIVITY" | "SYSTEM.NO_ANSWER" | "SYSTEM.DEVICE_LOST" | "SYSTEM.DEVICE_CONFLICT" | "SYSTEM.CONNECTION_LOST" | "SYSTEM.FAILOVER" | "SYSTEM.RESTART" | "SYSTEM.TAKEOVER" | "SYSTEM.FORCED_LOGIN" | "SYSTEM.CONFIGURATION" | "SYSTEM.LOGIN" | "SYSTEM.OFF_HOOK" | "SYSTEM.CALL_ENDED" | "SYSTEM.OTHER";
        /** @enum {string} */
        ErrorCode: "INVALID_REQUEST" | "UNAUTHENTICATED" | "FORBIDDEN" | "NOT_FOUND" | "PLATFORM_NOT_FOUND" | "AGENT_NOT_FOUND" | "COMMAND_NOT_FOUND" | "METHOD_NOT_ALLOWED" | "PRECONDITION_FAILED" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE" | "IDEMPOTENCY_IN_FLIGHT" | "IDEMPOTENCY_MISMATCH" | "TOO_MANY_READERS" | "UNSUPPORTED" | "INVALID_TRANSITION" | "SAME_STATE" | "NOT_LOGGED_IN" | "ALREADY_LOGGED_IN" | "OFFER_PENDING" | "PARENT_NOT_READY" | "SESSION_TAKEN_OVER" | "FORCED_LOGOUT_PENDING" | "REASON_REQUIRED" | "REASON_INVALID" | "CREDENTIALS_REQUIRED" | "CREDENTIALS_INVALID" | "ACCOUNT_LOCKED" | "DEVICE_INVALID" | "DEVICE_IN_USE" | "LICENSE_REFUSED" | "SUPERSEDED" | "CANCELLED" | "NOT_CANCELLABLE" | "NOT_REPLAYABLE" | "OBSOLETE" | "EXPIRED" | "UNCONFIRMED" | "VENDOR_UNAVAILABLE" | "VENDOR_BUSY" | "VENDOR_TIMEOUT" | "VENDOR_AUTH" | "VENDOR_FORBIDDEN" | "VENDOR_PROTOCOL" | "VENDOR_REJECTED" | "VENDOR_ERROR" | "CIRCUIT_OPEN" | "STORE_UNAVAILABLE" | "PROCESS_CRASHED" | "ENGINE_ROLLED_BACK" | "STOPPING" | "INTERNAL";
        /**
         * @description Empty: no error
         * @enum {string}
         */
        OpenCtiErrorCode: "" | "OPENCTI_AGENT_LOGGED_IN" | "OPENCTI_AGENT_NOT_LOGGED_IN" | "OPENCTI_CF_GENERIC_OPERATION" | "OPENCTI_CF_INVALID_OBJECT_STATE" | "OPENCTI_HTTP_ERROR_401" | "OPENCTI_HTTP_ERROR_404" | "OPENCTI_HTTP_ERROR_405" | "OPENCTI_HTTP_ERROR_500" | "OPENCTI_HTTP_ERROR_502" | "OPENCTI_HTTP_ERROR_503" | "OPENCTI_HTTP_ERROR_504" | "OPENCTI_IN_SAME_STATE";
        /** @description Both of Pega's schemas in one: `pyAgentId`, `pyAgentState`, `pyDeviceState` and `pyLinkState` belong to the SnapshotEvent */
        PegaEvent: {
            /** @enum {string} */
            pyEventType: "SnapshotEvent" | "AgentStateEvent";
            /** @enum {string} */
            pyEventName: "Snapshot" | "Ready" | "NotReady" | "Login" | "Logout" | "Unknown";
            pyAgentId?: string;
            /** @enum {string} */
            pyAgentState?: "Ready" | "NotReady" | "Login" | "Logout" | "Busy" | "Unknown";
            /** @description As `reasonAs` has it; empty: none */
            pyReasonCode: string;
            /** @enum {string} */
            pyWorkMode: "MODE_NONE" | "ACW";
            /** @enum {string} */
            pyDeviceState?: "OPENED" | "CLOSED";
            /** @enum {string} */
            pyLinkState?: "CONNECTED" | "DISCONNECTED";
            /** @enum {string} */
            pyMedia: "Phone";
            eventId: string;
            /** @description Grows with every event of the agent */
            sequence: number;
            /** Format: date-time */
            occurredAt: string;
            platform: string;
            agentId: string;
        };
        /** @description Properties as they stand on the primary page. A blank one is one that is not set; those that an activity has no use for are ignored. */
        OpenCtiRequest: {
            /** @description The platform's own id of the agent */
            AgentID: string;
            /** @description Blank: the platform's choice */
            Queue?: string;
            /** @description The platform's id, code or name of the reason, or a canonical key */
            pyReasonCode?: string;
            /** @description The embedded page; only the reason is read */
            AgentOptions?: {
                pyOpenCTI?: {
                    pyReasonCode?: string;
                };
            };
            /** @description AFTER_CALL_WORK or ACW with SetAgentNotReady; AUX_WORK, AUTO_IN, MODE_AUTO_IN, MODE_NONE, UNSPECIFIED and blank change nothing */
            WorkMode?: string;
            /** @description LoginAgent */
            AgentPassword?: string;
            /** @description LoginAgent, where the platform's user name is not the AgentID */
            UserName?: string;
            /** @description LoginAgent */
            Extension?: string;
            /** @description LoginAgent: the same as Extension */
            DN?: string;
            /** @description Not read: the activity says which state is meant */
            AgentState?: string;
        };
        OpenCtiAnswer: {
            agentId?: string;
            /**
             * Format: uuid
             * @description See GET /v1/commands/{id}
             */
            commandId?: string;
            state?: components["schemas"]["AgentStateName"];
            /** @enum {string} */
            pyAgentState?: "Ready" | "NotReady" | "Login" | "Logout" | "Busy" | "Unknown";
            /** @description The platform's own word */
            vendorState?: string;
            /** @description Of the present state, as `reasonAs` has it; empty: none */
            reasonCode?: string;
            /** @enum {string} */
            workMode?: "MODE_NONE" | "ACW";
            /** @description The request was stored */
            accepted?: boolean;
            /** @description The platform has shown the effect */
            applied?: boolean;
            /** @description The agent was there already; nothing was sent */
            unchanged?: boolean;
            /** @description Under way, or the platform applies it later, for example after the call */
            pending?: boolean;
            /** @description What the agent may be told on success; empty: nothing */
            info?: string;
            errCode?: components["schemas"]["OpenCtiErrorCode"];
            /** @description For the agent's desktop; empty: no error */
            errMessage?: string;
            /** @description The gateway's own code, see ErrorCode; empty: none */
            gatewayCode?: string;
            /** @description Quote it when you ask for help; also in the header X-Request-Id */
            correlationId?: string;
        };
        CommandRequest: {
            action: components["schemas"]["ActionName"];
            /** @description A supervisor's logout; needs the scope supervisor:logout */
            force?: boolean;
            /** @description Canonical key, or the platform's id, code or name */
            reason?: string;
            /** @description A media routing domain; missing means the agent as a whole */
            channel?: string;
            queues?: string[];
            /** @description Extension or station of a LOGIN */
            station?: string;
            credentials?: {
                username?: string;
                password?: string;
                token?: string;
            };
            /** @description The platform's own options; checked against its schema */
            options?: Record<string, never>;
        };
        Command: {
            /** Format: uuid */
            id: string;
            platform: string;
            agentId: string;
            channel?: string;
            action: components["schemas"]["ActionName"];
            force: boolean;
            /** @description As the caller named it */
            reason?: string;
            status: components["schemas"]["CommandStatus"];
            /** @description Order of acceptance of the agent's commands */
            seq: number;
            attempts: number;
            /** Format: date-time */
            acceptedAt: string;
            /** Format: date-time */
            sentAt?: string;
            /** Format: date-time */
            settledAt?: string;
            /** Format: date-time */
            expiresAt: string;
            /** Format: date-time */
            nextAttemptAt?: string;
            /** @description Calls that go first at a platform that takes only so many a second, in the answer to the request; `Retry-After` tells when its turn is expected */
            queuePosition?: number;
            /** @enum {string} */
            confirmedBy?: "event" | "read";
            /** @description The agent was there already; nothing was sent */
            unchanged?: boolean;
            /** @description The platform has taken it and will apply it by itself, for example after the call */
            pending?: boolean;
            /** Format: uuid */
            supersededBy?: string;
            requestedBy?: string;
            onBehalfOf?: string;
            problem?: components["schemas"]["Problem"];
        };
        AuditRow: {
            /**
             * Format: date-time
             * @description Of a command: when it was accepted
             */
            at: string;
            /** @enum {string} */
            what: "command" | "cancel" | "replay" | "preview" | "denied" | "key";
            /** @description Name of the key; `cli:<user>` for a change of keys */
            principal: string;
            onBehalfOf?: string;
            requestId?: string;
            platform?: string;
            agentId?: string;
            /** Format: uuid */
            command?: string;
            action?: components["schemas"]["ActionName"];
            force?: boolean;
            channel?: string;
            reason?: string;
            status?: components["schemas"]["CommandStatus"];
            /** Format: date-time */
            settledAt?: string;
            code?: components["schemas"]["ErrorCode"];
            vendorSystem?: string;
            vendorCode?: string;
            vendorRequestId?: string;
            detail?: string;
        };
        AuditPage: {
            rows: components["schemas"]["AuditRow"][];
            /** @description Pass as `before` for the next page */
            next?: string;
        };
        CommandList: {
            commands: components["schemas"]["Command"][];
        };
        OpenCommandList: {
            commands: components["schemas"]["Command"][];
            /** @description Pass as `after` for the next page */
            next?: string;
        };
        ReplayRequest: {
            platform?: string;
            code?: components["schemas"]["ErrorCode"];
            /**
             * Format: date-time
             * @description Only those that died before
             */
            before?: string;
            /**
             * @description How many are tried; those that died in the same millisecond as the last one come with it
             * @default 50
             */
            limit: number;
        };
        ReplayResult: {
            replayed: number;
            refused: number;
            /**
             * Format: date-time
             * @description Pass as `before` for the others
             */
            next?: string;
            results: {
                /** Format: uuid */
                deadLetter: string;
                platform: string;
                agentId: string;
                /** @enum {string} */
                outcome: "replayed" | "refused";
                /**
                 * Format: uuid
                 * @description The new command
                 */
                command?: string;
                code?: components["schemas"]["ErrorCode"];
                /** @description Why it was refused */
                detail?: string;
            }[];
        };
        Operations: {
            /** @enum {string} */
            engine: "opening" | "embedded" | "redis" | "postgres";
            engineDescription?: string;
            engineAnswers: boolean;
            /** @description Process id of the one that answers */
            process: number;
            /** @description Processes of this site that are alive */
            processes: number;
            openCommands?: number;
            /** Format: date-time */
            oldestOpenSince?: string;
            queueWaiting?: number;
            queueDelayed?: number;
            queueActive?: number;
            platforms: components["schemas"]["PlatformOperations"][];
        };
        PlatformOperations: {
            id: string;
            kind: string;
            title: string;
            /** @enum {string} */
            linkStatus: "connecting" | "up" | "degraded" | "down";
            /** Format: date-time */
            linkSince: string;
            linkDetail?: string;
            /**
             * @description Which process has the link; here: the one that answers
             * @enum {string}
             */
            linkOwner: "here" | "elsewhere" | "nobody";
            /** @enum {string} */
            circuit: "closed" | "half-open" | "open";
            /** Format: date-time */
            circuitSince: string;
            /**
             * Format: date-time
             * @description When the platform is asked whether it is back
             */
            nextProbeAt?: string;
            /** @description Calls that are at the platform now */
            callsInside: number;
            /** @description How many may be */
            callsAtOnce: number;
            callsWaiting: number;
            waiting: {
                priority: number;
                /** @enum {string} */
                for: "forcedLogout" | "logout" | "notReady" | "login" | "ready" | "read";
                calls: number;
            }[];
            /** @description Calls a second over all processes; missing: no limit is known */
            ratePerSecond?: number;
            rateBurst?: number;
            /** @description Taught by the platform's 429, not configured */
            rateLearned?: boolean;
            /**
             * Format: date-time
             * @description After a 429: nothing is sent before
             */
            pausedUntil?: string;
        };
        SandboxButtons: {
            platforms: {
                id: string;
                buttons: {
                    id: string;
                    label: string;
                    description: string;
                    /** @enum {string} */
                    group: "contact" | "desk" | "fault" | "recovery";
                    /**
                     * @description one: it happens to an agent; without `agentId` to the first to whom it can
                     * @enum {string}
                     */
                    agent: "one" | "none";
                }[];
            }[];
        };
        ButtonPress: {
            agentId?: string;
        };
        ButtonPressed: {
            platform: string;
            button: string;
            /** @description To whom it has happened */
            agentId?: string;
            /** @description What to look at now */
            watch: string;
        };
        DryRun: {
            /** @constant */
            dryRun: true;
            /** @description The agent is there already; nothing would be sent */
            unchanged: boolean;
            fromState: components["schemas"]["AgentStateName"];
            requests: {
                step: string;
                target: string;
                headers?: {
                    name: string;
                    value: string;
                }[];
                body?: string;
                /** @enum {string} */
                resend: "safe" | "verify-first" | "never";
                expects: components["schemas"]["AgentStateName"][];
                withinMs: number;
            }[];
        };
        ReasonOnState: {
            id?: string;
            code?: number;
            name?: string;
            key?: string;
        };
        ChannelState: {
            id: string;
            name?: string;
            state: components["schemas"]["AgentStateName"];
            vendorState: string;
            routable: boolean;
            pendingState?: components["schemas"]["AgentStateName"];
            /** Format: date-time */
            since?: string;
            tasks?: number;
            maxTasks?: number;
        };
        /** @description Data of the event `agent` */
        AgentStreamEvent: {
            platform: string;
            agentId: string;
            /** @description Grows by one with every `agent` and `command` event of this agent */
            seq: number;
            /**
             * Format: date-time
             * @description When it was learned
             */
            at: string;
            state: components["schemas"]["AgentState"];
        };
        /** @description Data of the event `command` */
        CommandStreamEvent: {
            platform: string;
            agentId: string;
            /** @description Grows by one with every `agent` and `command` event of this agent */
            seq: number;
            /** Format: date-time */
            at: string;
            command: components["schemas"]["Command"];
        };
        /** @description Data of the event `link` */
        LinkStreamEvent: {
            platform: string;
            /** Format: date-time */
            at: string;
            /** @enum {string} */
            status: "connecting" | "up" | "degraded" | "down";
            detail?: string;
        };
        /** @description Data of the event `snapshot` */
        StreamSnapshot: {
            agents: components["schemas"]["AgentStreamEvent"][];
            /** @description The newest of each platform; in the first portion only */
            links: components["schemas"]["LinkStreamEvent"][];
        };
        /** @description Data of the event `snapshot-end` */
        StreamSnapshotEnd: {
            /** @description The place in the stream that the snapshot is of; also its `id` */
            cursor: string;
            /** @description How many agents were told */
            agents: number;
        };
        /** @description Data of the event `gap` */
        StreamGap: {
            /**
             * @description `too-old`: what happened since is kept no more. `other-epoch`: the store was emptied or put back. `unknown`: the given place is in no
             *     stream of this site. After these three a snapshot follows. `dropped`: some `command` events were lost while the store was away;
             *     the stream goes on.
             * @enum {string}
             */
            reason: "too-old" | "other-epoch" | "unknown" | "dropped";
            /** @description The place behind which something is missing */
            from?: string;
            to?: string;
            /** @description How many events */
            dropped?: number;
        };
        /** @description Data of the event `end` */
        StreamEnd: {
            /**
             * @description `slow`: the reader did not keep up; it may come back with its last id. `stopping`: come back, another process will answer.
             *     `revoked`: the key is valid no more. `failed`: a fault of the gateway; come back.
             * @enum {string}
             */
            reason: "slow" | "stopping" | "revoked" | "failed";
        };
        AgentState: {
            platform: string;
            agentId: string;
            state: components["schemas"]["AgentStateName"];
            /** @description The platform would offer this agent a contact now */
            routable: boolean;
            pendingState?: components["schemas"]["AgentStateName"];
            reason?: components["schemas"]["ReasonOnState"];
            /** @enum {string} */
            cause?: "agent" | "supervisor" | "gateway" | "inactivity" | "device" | "takeover" | "system";
            channels: components["schemas"]["ChannelState"][];
            /** @description The platform's own word */
            vendorState?: string;
            /** Format: date-time */
            since?: string;
            /** Format: date-time */
            observedAt: string;
            /** @enum {string} */
            source: "event" | "read" | "ack" | "none";
            /** @description The link was lost since; the state may have changed unseen */
            stale: boolean;
            desired?: components["schemas"]["AgentStateName"];
            /** Format: uuid */
            desiredCommand?: string;
            /** @description The newest command was confirmed and the state is no longer its target */
            drift?: boolean;
        };
        AgentList: {
            agents: components["schemas"]["AgentState"][];
            /** @description Pass as `after` for the next page */
            next?: string;
        };
        Reason: {
            id: string;
            code?: number;
            name: string;
            /** @enum {string} */
            type: "LOGOUT" | "NOT_READY";
            description?: string;
            key?: components["schemas"]["CanonicalReason"];
            /** @description Written by the platform itself; not to be chosen */
            system: boolean;
            teams?: string[];
            source?: string;
            /** @description The vendor's own wording of what the code means */
            vendorText?: string;
            /** @description Only this product of the vendor writes the code */
            appliesTo?: string;
            /** @description Where the vendor's documents disagree, or what one has to know */
            note?: string;
            createdAt?: string;
            updatedAt?: string;
        };
        ReasonList: {
            reasons: components["schemas"]["Reason"][];
        };
        Link: {
            /** @enum {string} */
            status: "connecting" | "up" | "degraded" | "down";
            detail?: string;
            /** Format: date-time */
            since: string;
        };
        Platform: {
            id: string;
            kind: string;
            vendor: string;
            title: string;
            link: components["schemas"]["Link"];
            actions: components["schemas"]["ActionName"][];
            /** @enum {string} */
            confirms: "event" | "read";
            /** @enum {string} */
            events: "push" | "poll" | "none";
            /** @enum {string} */
            reasonForNotReady: "required" | "optional" | "none";
            /** @enum {string} */
            reasonForLogout: "required" | "optional" | "none";
            /** @enum {string} */
            reasonSource: "vendor" | "config";
            channels: boolean;
            /** @enum {string} */
            login: "own-credentials" | "on-behalf" | "unsupported";
            /** @enum {string} */
            forcedLogout: "native" | "planned" | "unsupported";
            logoutWhileBusy: components["schemas"]["LogoutWhileBusy"];
            refusals: boolean;
            testedVersions: string[];
        };
        /**
         * @description A forced logout while the agent is on a contact: refused, applied after the contact, the contact is taken away and queued again, or goes on without the agent
         * @enum {string}
         */
        LogoutWhileBusy: "refuse" | "defer" | "reroute" | "continue" | "unknown";
        PlatformList: {
            platforms: components["schemas"]["Platform"][];
        };
        LogoutPreview: {
            platform: string;
            agentId: string;
            state: components["schemas"]["AgentStateName"];
            /** @description The platform's own word */
            vendorState?: string;
            logoutWhileBusy: components["schemas"]["LogoutWhileBusy"];
            /** @description As in the header ETag: quote it in `If-Match` of the forced LOGOUT. Changes with the state, the conversations and their outcomes; not with time */
            etag: string;
            /** @description One per conversation; at least one */
            consequences: components["schemas"]["LogoutConsequence"][];
        };
        LogoutConsequence: {
            conversationId?: string;
            /** @enum {string} */
            situationCode: "NO_CONVERSATION" | "CHAT" | "CONSULT_PRIMARY" | "CONSULT_SECONDARY" | "CONFERENCE" | "SILENT_MONITORING" | "WHISPER" | "BARGE_IN" | "SEVERAL_AT_ONCE" | "SUPERVISING" | "OFFER" | "CALL" | "CONTACT" | "WRAP_UP" | "OTHER_MEDIUM" | "NOT_LOGGED_IN" | "UNKNOWN";
            /** @description The situation in words */
            situation: string;
            outcome: components["schemas"]["LogoutOutcome"];
            /** @description The outcome alone, unless that is UNKNOWN; then what may come of it, as far as that is known */
            possibleOutcomes: components["schemas"]["LogoutOutcome"][];
            /** @description What happens, in one sentence */
            summary: string;
            /** @description The medium, as the platform names it */
            channel?: string;
            queue?: string;
            /** @description In the queue, after REQUEUED */
            priority?: number;
            /** @description Who is told that the agent left */
            told: string[];
            /** @description Who is put out of the conversation together with the agent */
            removed: string[];
            /** @description Who has the conversation afterwards in the agent's place */
            inheritedBy: string[];
            /** @description All that happens to others, in words */
            othersAffected: string[];
            /** @description Who takes part now, with role; empty where the platform does not tell */
            before: string[];
            /** @description Who takes part afterwards */
            after: string[];
            /** @description What will be written on the logout */
            reason?: string;
            /**
             * @description The vendor says so; seen in its code or in recordings; neither
             * @enum {string}
             */
            certainty: "documented" | "observed" | "unknown";
            source: string;
        };
        /**
         * @description No conversation; back to its queue; taken over by somebody in it; ended; finished by the agent, the logout waits; goes on without the agent; the platform does not tell
         * @enum {string}
         */
        LogoutOutcome: "NONE" | "REQUEUED" | "HANDED_OVER" | "RELEASED" | "CONTINUES" | "UNAFFECTED" | "UNKNOWN";
        Refusal: {
            agentId?: string;
            agentName?: string;
            teamName?: string;
            contactId?: string;
            skillName?: string;
            stationPhone?: string;
            /** @description Canonical; OTHER where the platform's text is not known */
            cause: string;
            /** @description The platform's own text */
            rawCause: string;
            /** Format: date-time */
            at?: string;
            rawTime?: string;
            occurrences: number;
            /** @description What could not be read in this row */
            flaw?: string;
            /** Format: uuid */
            precededByCommand?: string;
            precededByAction?: components["schemas"]["ActionName"];
            /** @description How long before the refusal that command was accepted; missing where the platform's time is too coarse to tell */
            precededBySeconds?: number;
            precededByPrincipal?: string;
        };
        RefusalList: {
            refusals: components["schemas"]["Refusal"][];
        };
        Logout: {
            agentId: string;
            /** Format: date-time */
            at: string;
            code?: number;
            name?: string;
            text?: string;
            key?: string;
            /** @enum {string} */
            cause?: "agent" | "supervisor" | "gateway" | "inactivity" | "device" | "takeover" | "system";
            previousState?: components["schemas"]["AgentStateName"];
            /** Format: uuid */
            command?: string;
            requestedBy?: string;
        };
        LogoutList: {
            logouts: components["schemas"]["Logout"][];
        };
        Me: {
            name: string;
            scopes: ("agent:read" | "agent:write" | "agent:self" | "supervisor:logout" | "reports:read" | "ops" | "admin")[];
            /** @description Missing: all */
            platforms?: string[];
            /** @description `platform/agentId`: the one agent of a key with agent:self */
            agent?: string;
        };
        Readiness: {
            /** @enum {string} */
            status: "ready" | "starting" | "not-ready" | "stopping";
            engine: string;
            detail?: string;
            platforms: {
                id: string;
                /** @enum {string} */
                status: "connecting" | "up" | "degraded" | "down";
            }[];
        };
        Problem: {
            /** Format: uri-reference */
            type: string;
            title: string;
            status: number;
            code: components["schemas"]["ErrorCode"];
            detail?: string;
            hint?: string;
            instance?: string;
            /**
             * @description Could the platform have applied the request?
             * @enum {string}
             */
            effect: "none" | "unknown" | "applied";
            /** @description Would the same request have a chance later? */
            retryable: boolean;
            requestId?: string;
            /** Format: uuid */
            commandId?: string;
            commandStatus?: components["schemas"]["CommandStatus"];
            /** Format: uuid */
            supersededBy?: string;
            vendorSystem?: string;
            vendorCode?: string;
            vendorName?: string;
            vendorMessage?: string;
            vendorStatus?: number;
            vendorRequestId?: string;
            validReasons?: string[];
            preview?: components["schemas"]["LogoutPreview"];
            errors?: {
                field: string;
                message: string;
            }[];
        };
    };
    responses: {
        /** @description The platform has shown it; silence is success, nothing in the body is needed */
        OpenCtiDone: {
            headers: {
                Location?: string;
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["OpenCtiAnswer"];
            };
        };
        /** @description Accepted, not ended yet; `pending` is true, `info` says what for */
        OpenCtiOpen: {
            headers: {
                Location?: string;
                "Retry-After"?: number;
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["OpenCtiAnswer"];
            };
        };
        /** @description What went wrong, from the error catalogue; `errCode` for a message rule, `errMessage` for the agent's desktop */
        OpenCtiFailed: {
            headers: {
                Location?: string;
                "Retry-After"?: number;
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["OpenCtiAnswer"];
            };
        };
        /** @description What went wrong, from the error catalogue */
        Problem: {
            headers: {
                "Retry-After"?: number;
                /** @description With a 412 that brings a new `preview`: its ETag */
                ETag?: string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Accepted, not ended yet */
        OpenCommand: {
            headers: {
                Location?: string;
                "Retry-After"?: number;
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Command"];
            };
        };
    };
    parameters: {
        platform: string;
        /** @description The platform's own id of the agent */
        agentId: string;
        commandId: string;
        /** @description `refuse`: the state that the agent is in already is refused with OPENCTI_IN_SAME_STATE, instead of 200 with `unchanged` */
        sameState: "accept" | "refuse";
        /** @description What becomes of a request that could not be given to the platform by the end of the wait. `keep`: 202, and the gateway goes on trying; `withdraw`: it is cancelled and told as a failure */
        unsent: "keep" | "withdraw";
        /** @description Which of the reason's names Pega's own list was filled with; where the platform's reason has none, the id */
        reasonAs: "id" | "code" | "name" | "key";
        /** @description The same key and body give the stored answer */
        idempotencyKey: string;
        /** @description `wait=N` (seconds, at most 30; default 4) or `respond-async` */
        openCtiPrefer: string;
        /** @description The person behind the caller's key, for the audit trail */
        onBehalfOf: string;
    };
    requestBodies: {
        OpenCti: {
            content: {
                "application/json": components["schemas"]["OpenCtiRequest"];
            };
        };
    };
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    listPlatforms: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The platforms */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlatformList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getPlatform: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                platform: components["parameters"]["platform"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The platform */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Platform"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listReasons: {
        parameters: {
            query?: {
                type?: "LOGOUT" | "NOT_READY";
                /** @description For platforms whose reasons differ by team */
                agentId?: string;
            };
            header?: never;
            path: {
                platform: components["parameters"]["platform"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The reasons */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReasonList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listAgents: {
        parameters: {
            query?: {
                state?: components["schemas"]["AgentStateName"];
                limit?: number;
                /** @description Agent id of the last one of the page before */
                after?: string;
            };
            header?: never;
            path: {
                platform: components["parameters"]["platform"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The agents, by agent id */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AgentList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getAgentState: {
        parameters: {
            query?: {
                /** @description Ask the platform now instead of answering from what it last said */
                fresh?: boolean;
            };
            header?: {
                "If-None-Match"?: string;
            };
            path: {
                platform: components["parameters"]["platform"];
                /** @description The platform's own id of the agent */
                agentId: components["parameters"]["agentId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The state */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AgentState"];
                };
            };
            /** @description Not changed since the given ETag */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Problem"];
        };
    };
    previewLogout: {
        parameters: {
            query?: never;
            header?: {
                /** @description The person behind the caller's key, for the audit trail */
                "X-On-Behalf-Of"?: components["parameters"]["onBehalfOf"];
            };
            path: {
                platform: components["parameters"]["platform"];
                /** @description The platform's own id of the agent */
                agentId: components["parameters"]["agentId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The preview */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LogoutPreview"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listCommands: {
        parameters: {
            query?: {
                limit?: number;
                /** @description seq of the last one of the page before */
                before?: number;
            };
            header?: never;
            path: {
                platform: components["parameters"]["platform"];
                /** @description The platform's own id of the agent */
                agentId: components["parameters"]["agentId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The commands */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CommandList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    postCommand: {
        parameters: {
            query?: {
                dryRun?: boolean;
            };
            header?: {
                /** @description The same key and body give the stored answer */
                "Idempotency-Key"?: string;
                /** @description ETag of the state, or for a forced LOGOUT of the logout preview, that the decision was made on */
                "If-Match"?: string;
                /** @description `wait=N` (seconds, at most 30; default 2) or `respond-async` */
                Prefer?: string;
                /** @description The person behind the caller's key, for the audit trail */
                "X-On-Behalf-Of"?: string;
            };
            path: {
                platform: components["parameters"]["platform"];
                /** @description The platform's own id of the agent */
                agentId: components["parameters"]["agentId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CommandRequest"];
            };
        };
        responses: {
            /** @description Confirmed, or the dry run */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Command"] | components["schemas"]["DryRun"];
                };
            };
            202: components["responses"]["OpenCommand"];
            default: components["responses"]["Problem"];
        };
    };
    getCommand: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["parameters"]["commandId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The command */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Command"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    cancelCommand: {
        parameters: {
            query?: never;
            header?: {
                /** @description The person behind the caller's key, for the audit trail */
                "X-On-Behalf-Of"?: components["parameters"]["onBehalfOf"];
            };
            path: {
                id: components["parameters"]["commandId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The cancelled command */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Command"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    replayCommand: {
        parameters: {
            query?: never;
            header?: {
                Prefer?: string;
                /** @description The person behind the caller's key, for the audit trail */
                "X-On-Behalf-Of"?: components["parameters"]["onBehalfOf"];
            };
            path: {
                id: components["parameters"]["commandId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The new command, confirmed */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Command"];
                };
            };
            202: components["responses"]["OpenCommand"];
            default: components["responses"]["Problem"];
        };
    };
    listAudit: {
        parameters: {
            query?: {
                from?: string;
                /** @description Before this instant */
                to?: string;
                platform?: string;
                agentId?: string;
                /** @description Name of the key */
                principal?: string;
                limit?: number;
                /** @description `next` of the page before */
                before?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The rows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditPage"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    streamEvents: {
        parameters: {
            query?: {
                /** @description Only these platforms; repeatable, or separated by commas */
                platform?: string[];
                /** @description Only agents of these ids; repeatable */
                agentId?: string[];
                /** @description Only `agent`, `command` or `link`; repeatable, or separated by commas */
                type?: string[];
                /** @description In whose words */
                shape?: "gateway" | "pega";
                /** @description Which of the reason's names Pega's own list was filled with; where the platform's reason has none, the id */
                reasonAs?: components["parameters"]["reasonAs"];
                /** @description As `Last-Event-ID`, for clients that cannot set headers */
                cursor?: string;
            };
            header?: {
                /** @description The last `id` that the reader has seen */
                "Last-Event-ID"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The stream; it does not end by itself */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listDeadLetters: {
        parameters: {
            query?: {
                limit?: number;
                /** @description settledAt of the last one of the page before */
                before?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The dead letters */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CommandList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    replayDeadLetters: {
        parameters: {
            query?: never;
            header?: {
                /** @description The person behind the caller's key, for the audit trail */
                "X-On-Behalf-Of"?: components["parameters"]["onBehalfOf"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["ReplayRequest"];
            };
        };
        responses: {
            /** @description What became of each */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReplayResult"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getOperations: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The overview */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Operations"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listOpenCommands: {
        parameters: {
            query?: {
                status?: "accepted" | "sent" | "retrying";
                limit?: number;
                /** @description `next` of the page before */
                after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page; it may be short, or empty, and yet have a `next` */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OpenCommandList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listSandboxButtons: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Buttons by platform */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SandboxButtons"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    pressSandboxButton: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                platform: components["parameters"]["platform"];
                button: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["ButtonPress"];
            };
        };
        responses: {
            /** @description It has happened */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ButtonPressed"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listRefusals: {
        parameters: {
            query: {
                from: string;
                to: string;
            };
            header?: never;
            path: {
                platform: components["parameters"]["platform"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The refusals, oldest first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RefusalList"];
                    "text/csv": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listLogouts: {
        parameters: {
            query: {
                from: string;
                to: string;
            };
            header?: never;
            path: {
                platform: components["parameters"]["platform"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The logouts, oldest first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LogoutList"];
                    "text/csv": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    openCtiLoginAgent: {
        parameters: {
            query?: {
                /** @description `refuse`: the state that the agent is in already is refused with OPENCTI_IN_SAME_STATE, instead of 200 with `unchanged` */
                sameState?: components["parameters"]["sameState"];
                /** @description What becomes of a request that could not be given to the platform by the end of the wait. `keep`: 202, and the gateway goes on trying; `withdraw`: it is cancelled and told as a failure */
                unsent?: components["parameters"]["unsent"];
                /** @description Which of the reason's names Pega's own list was filled with; where the platform's reason has none, the id */
                reasonAs?: components["parameters"]["reasonAs"];
            };
            header?: {
                /** @description The same key and body give the stored answer */
                "Idempotency-Key"?: components["parameters"]["idempotencyKey"];
                /** @description `wait=N` (seconds, at most 30; default 4) or `respond-async` */
                Prefer?: components["parameters"]["openCtiPrefer"];
                /** @description The person behind the caller's key, for the audit trail */
                "X-On-Behalf-Of"?: components["parameters"]["onBehalfOf"];
            };
            path: {
                platform: components["parameters"]["platform"];
            };
            cookie?: never;
        };
        requestBody: components["requestBodies"]["OpenCti"];
        responses: {
            200: components["responses"]["OpenCtiDone"];
            202: components["responses"]["OpenCtiOpen"];
            default: components["responses"]["OpenCtiFailed"];
        };
    };
    openCtiSetAgentReady: {
        parameters: {
            query?: {
                /** @description `refuse`: the state that the agent is in already is refused with OPENCTI_IN_SAME_STATE, instead of 200 with `unchanged` */
                sameState?: components["parameters"]["sameState"];
                /** @description What becomes of a request that could not be given to the platform by the end of the wait. `keep`: 202, and the gateway goes on trying; `withdraw`: it is cancelled and told as a failure */
                unsent?: components["parameters"]["unsent"];
                /** @description Which of the reason's names Pega's own list was filled with; where the platform's reason has none, the id */
                reasonAs?: components["parameters"]["reasonAs"];
            };
            header?: {
                /** @description The same key and body give the stored answer */
                "Idempotency-Key"?: components["parameters"]["idempotencyKey"];
                /** @description `wait=N` (seconds, at most 30; default 4) or `respond-async` */
                Prefer?: components["parameters"]["openCtiPrefer"];
                /** @description The person behind the caller's key, for the audit trail */
                "X-On-Behalf-Of"?: components["parameters"]["onBehalfOf"];
            };
            path: {
                platform: components["parameters"]["platform"];
            };
            cookie?: never;
        };
        requestBody: components["requestBodies"]["OpenCti"];
        responses: {
            200: components["responses"]["OpenCtiDone"];
            202: components["responses"]["OpenCtiOpen"];
            default: components["responses"]["OpenCtiFailed"];
        };
    };
    openCtiSetAgentNotReady: {
        parameters: {
            query?: {
                /** @description `refuse`: the state that the agent is in already is refused with OPENCTI_IN_SAME_STATE, instead of 200 with `unchanged` */
                sameState?: components["parameters"]["sameState"];
                /** @description What becomes of a request that could not be given to the platform by the end of the wait. `keep`: 202, and the gateway goes on trying; `withdraw`: it is cancelled and told as a failure */
                unsent?: components["parameters"]["unsent"];
                /** @description Which of the reason's names Pega's own list was filled with; where the platform's reason has none, the id */
                reasonAs?: components["parameters"]["reasonAs"];
            };
            header?: {
                /** @description The same key and body give the stored answer */
                "Idempotency-Key"?: components["parameters"]["idempotencyKey"];
                /** @description `wait=N` (seconds, at most 30; default 4) or `respond-async` */
                Prefer?: components["parameters"]["openCtiPrefer"];
                /** @description The person behind the caller's key, for the audit trail */
                "X-On-Behalf-Of"?: components["parameters"]["onBehalfOf"];
            };
            path: {
                platform: components["parameters"]["platform"];
            };
            cookie?: never;
        };
        requestBody: components["requestBodies"]["OpenCti"];
        responses: {
            200: components["responses"]["OpenCtiDone"];
            202: components["responses"]["OpenCtiOpen"];
            default: components["responses"]["OpenCtiFailed"];
        };
    };
    openCtiLogoutAgent: {
        parameters: {
            query?: {
                /** @description `refuse`: the state that the agent is in already is refused with OPENCTI_IN_SAME_STATE, instead of 200 with `unchanged` */
                sameState?: components["parameters"]["sameState"];
                /** @description What becomes of a request that could not be given to the platform by the end of the wait. `keep`: 202, and the gateway goes on trying; `withdraw`: it is cancelled and told as a failure */
                unsent?: components["parameters"]["unsent"];
                /** @description Which of the reason's names Pega's own list was filled with; where the platform's reason has none, the id */
                reasonAs?: components["parameters"]["reasonAs"];
            };
            header?: {
                /** @description The same key and body give the stored answer */
                "Idempotency-Key"?: components["parameters"]["idempotencyKey"];
                /** @description `wait=N` (seconds, at most 30; default 4) or `respond-async` */
                Prefer?: components["parameters"]["openCtiPrefer"];
                /** @description The person behind the caller's key, for the audit trail */
                "X-On-Behalf-Of"?: components["parameters"]["onBehalfOf"];
            };
            path: {
                platform: components["parameters"]["platform"];
            };
            cookie?: never;
        };
        requestBody: components["requestBodies"]["OpenCti"];
        responses: {
            200: components["responses"]["OpenCtiDone"];
            202: components["responses"]["OpenCtiOpen"];
            default: components["responses"]["OpenCtiFailed"];
        };
    };
    whoAmI: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The key's name, scopes and limits; never the key */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    health: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It does */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "ok";
                    };
                };
            };
        };
    };
    ready: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Ready */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Readiness"];
                };
            };
            /** @description Not ready */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Readiness"];
                };
            };
        };
    };
    metrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Metrics */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    openapi: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OpenAPI 3.1 */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/yaml": string;
                };
            };
        };
    };
    docs: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/html": string;
                };
            };
        };
    };
    queueBoard: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/html": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    console: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/html": string;
                };
            };
        };
    };
}
