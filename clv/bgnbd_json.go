package clv

// MarshalJSON writes the model with its name, unit and schema.
func (m BGNBD) MarshalJSON() ([]byte, error) {
	return marshalModel(m.Name(), &m.Unit, m.Parameters(), nil)
}

// UnmarshalJSON reads a model, or the model of a saved [BGNBDFit]. It refuses
// another schema or version ([keyaccount.ErrVersion]), another model
// ([keyaccount.ErrMismatch]), an unknown field ([keyaccount.ErrMalformed]) and
// what [BGNBD.Validate] does. After an error the receiver is unchanged.
func (m *BGNBD) UnmarshalJSON(data []byte) error {
	read, _, err := readBGNBD(data)
	if err == nil {
		*m = read
	}
	return err
}

// MarshalJSON writes the model and the diagnostics.
func (f BGNBDFit) MarshalJSON() ([]byte, error) {
	return marshalModel(f.Name(), &f.Unit, f.Parameters(), &f.Diagnostics)
}

// UnmarshalJSON reads a fit as strictly as [BGNBD.UnmarshalJSON] does a model.
// A bare model is refused with [keyaccount.ErrMissing].
func (f *BGNBDFit) UnmarshalJSON(data []byte) error {
	m, in, err := readBGNBD(data)
	if err != nil {
		return err
	}
	d, err := in.diagnostics()
	if err == nil {
		*f = BGNBDFit{m, d}
	}
	return err
}

func readBGNBD(data []byte) (m BGNBD, in savedModel, err error) {
	p, in, err := unmarshalModel(data, m.Name(), true, bgnbdNames(), bgnbdChart())
	if err != nil {
		return m, in, err
	}
	m = bgnbdOf(p, *in.Unit)
	return m, in, m.Validate()
}
