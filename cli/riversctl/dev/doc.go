// Package dev is `riversctl dev`: the UI, the REST gateway and the registry in this
// process, and the pipeline in children that are rebuilt whenever a source is saved.
//
//	sources ─▶ watch ─▶ supervise ─▶ child (serve) ──┐
//	                        │                         ├── rivers.db, values/
//	                        ▼                         │
//	                      Board ─▶ registry, gateway, UI
//
// Run says in which order all of this starts and stops: what is reached by others
// starts before it is announced and is withdrawn before it stops. The package holds
// no rule of a run, and writes nothing outside of the state directory.
package dev
