package cluster

import "github.com/keyaccount/keyaccount/internal/state"

// The saved forms of this package.
var (
	modelForm     = state.Form{Schema: ModelSchema, Version: ModelVersion}
	mixtureForm   = state.Form{Schema: MixtureSchema, Version: MixtureVersion}
	transformForm = state.Form{Schema: TransformSchema, Version: TransformVersion}
)
