package clv

// MarshalJSON writes the model with its name and schema.
func (m BGBB) MarshalJSON() ([]byte, error) {
	return marshalModel(m.Name(), nil, m.Parameters(), nil)
}

// UnmarshalJSON reads a model, or the model of a saved [BGBBFit]. It refuses
// another schema or version ([keyaccount.ErrVersion]), another model
// ([keyaccount.ErrMismatch]), an unknown field ([keyaccount.ErrMalformed]) and
// what [BGBB.Validate] does. After an error the receiver is unchanged.
func (m *BGBB) UnmarshalJSON(data []byte) error {
	read, _, err := readBGBB(data)
	if err == nil {
		*m = read
	}
	return err
}

// MarshalJSON writes the model and the diagnostics.
func (f BGBBFit) MarshalJSON() ([]byte, error) {
	return marshalModel(f.Name(), nil, f.Parameters(), &f.Diagnostics)
}

// UnmarshalJSON reads a fit as strictly as [BGBB.UnmarshalJSON] does a model.
// A bare model is refused with [keyaccount.ErrMissing].
func (f *BGBBFit) UnmarshalJSON(data []byte) error {
	m, in, err := readBGBB(data)
	if err != nil {
		return err
	}
	d, err := in.diagnostics()
	if err == nil {
		*f = BGBBFit{m, d}
	}
	return err
}

func readBGBB(data []byte) (m BGBB, in savedModel, err error) {
	p, in, err := unmarshalModel(data, m.Name(), false, bgbbNames(), bgbbChart())
	if err != nil {
		return m, in, err
	}
	m = bgbbOf(p)
	return m, in, m.Validate()
}
