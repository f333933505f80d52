package clv

import "slices"

// MarshalJSON writes the model with its name, interval and schema.
func (m SBGCovariates) MarshalJSON() ([]byte, error) { return marshalMonths(m, m.Base.Interval(), nil) }

// MarshalJSON writes the model and the diagnostics.
func (f SBGCovariatesFit) MarshalJSON() ([]byte, error) {
	return marshalMonths(f.SBGCovariates, f.Base.Interval(), &f.Diagnostics)
}

// MarshalJSON writes the model with its name, interval and schema.
func (m BdWCovariates) MarshalJSON() ([]byte, error) { return marshalMonths(m, m.Base.Interval(), nil) }

// MarshalJSON writes the model and the diagnostics.
func (f BdWCovariatesFit) MarshalJSON() ([]byte, error) {
	return marshalMonths(f.BdWCovariates, f.Base.Interval(), &f.Diagnostics)
}

// UnmarshalJSON reads a model, or the model of a saved [SBGCovariatesFit], as
// strictly as [BGNBD.UnmarshalJSON].
func (m *SBGCovariates) UnmarshalJSON(data []byte) error {
	read, _, err := readSBGCovariates(data)
	if err == nil {
		*m = read
	}
	return err
}

// UnmarshalJSON reads a fit as strictly as [SBGCovariates.UnmarshalJSON] does a
// model. A bare model is refused with [keyaccount.ErrMissing].
func (f *SBGCovariatesFit) UnmarshalJSON(data []byte) error {
	m, in, err := readSBGCovariates(data)
	if err != nil {
		return err
	}
	d, err := in.diagnostics()
	if err == nil {
		*f = SBGCovariatesFit{m, d}
	}
	return err
}

func readSBGCovariates(data []byte) (m SBGCovariates, in savedModel, err error) {
	p, effects, in, err := unmarshalEffects(data, m.Name(), sbgNames(), sbgChart())
	if err != nil {
		return m, in, err
	}
	m = SBGCovariates{sbgOf(p, in.Months), effects}
	return m, in, m.Validate()
}

// UnmarshalJSON reads a model, or the model of a saved [BdWCovariatesFit], as
// strictly as [BGNBD.UnmarshalJSON].
func (m *BdWCovariates) UnmarshalJSON(data []byte) error {
	read, _, err := readBdWCovariates(data)
	if err == nil {
		*m = read
	}
	return err
}

// UnmarshalJSON reads a fit as strictly as [BdWCovariates.UnmarshalJSON] does a
// model. A bare model is refused with [keyaccount.ErrMissing].
func (f *BdWCovariatesFit) UnmarshalJSON(data []byte) error {
	m, in, err := readBdWCovariates(data)
	if err != nil {
		return err
	}
	d, err := in.diagnostics()
	if err == nil {
		*f = BdWCovariatesFit{m, d}
	}
	return err
}

func readBdWCovariates(data []byte) (m BdWCovariates, in savedModel, err error) {
	p, effects, in, err := unmarshalEffects(data, m.Name(), bdwNames(), bdwChart())
	if err != nil {
		return m, in, err
	}
	m = BdWCovariates{bdwOf(p, in.Months), effects}
	return m, in, m.Validate()
}

// unmarshalEffects reads a model whose file names the effects itself.
func unmarshalEffects(
	data []byte, name string, base []string, c chart,
) (p []float64, effects []Effect, in savedModel, err error) {
	if err := modelForm.ReadJSONStrictly(data, name, &in); err != nil {
		return nil, nil, in, err
	}
	names := slices.Clone(base)
	for i, e := range in.Parameters {
		if i >= len(base) {
			names = append(names, e.Name)
			effects = append(effects, Effect{e.Name, e.Value})
		}
	}
	if p, in, err = unmarshalContract(data, name, names, effectsChart{c, names[len(base):]}); err != nil {
		return nil, nil, in, err
	}
	return p[:len(base)], effects, in, nil
}
