package clv

// MarshalJSON writes the model with its name and schema.
func (m NormalSpend) MarshalJSON() ([]byte, error) {
	return marshalModel(m.Name(), nil, m.Parameters(), nil)
}

// UnmarshalJSON reads a model, or the model of a saved [NormalSpendFit], as
// strictly as [BGNBD.UnmarshalJSON].
func (m *NormalSpend) UnmarshalJSON(data []byte) error {
	read, _, err := readNormalSpend(data)
	if err == nil {
		*m = read
	}
	return err
}

// MarshalJSON writes the model and the diagnostics.
func (f NormalSpendFit) MarshalJSON() ([]byte, error) {
	return marshalModel(f.Name(), nil, f.Parameters(), &f.Diagnostics)
}

// UnmarshalJSON reads a fit as strictly as [NormalSpend.UnmarshalJSON] does a
// model. A bare model is refused with [keyaccount.ErrMissing].
func (f *NormalSpendFit) UnmarshalJSON(data []byte) error {
	m, in, err := readNormalSpend(data)
	if err != nil {
		return err
	}
	d, err := in.diagnostics()
	if err == nil {
		*f = NormalSpendFit{m, d}
	}
	return err
}

func readNormalSpend(data []byte) (m NormalSpend, in savedModel, err error) {
	p, in, err := unmarshalModel(data, m.Name(), false, normalSpendNames(), normalSpendChart{})
	if err != nil {
		return m, in, err
	}
	m = normalSpendOf(p)
	return m, in, m.Validate()
}
