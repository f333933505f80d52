package clv

// MarshalJSON writes the model with its name, unit and schema.
func (m NBD) MarshalJSON() ([]byte, error) {
	return marshalModel(m.Name(), &m.Unit, m.Parameters(), nil)
}

// UnmarshalJSON reads a model, or the model of a saved [NBDFit]. It refuses
// another schema or version ([keyaccount.ErrVersion]), another model
// ([keyaccount.ErrMismatch]), an unknown field ([keyaccount.ErrMalformed]) and
// what [NBD.Validate] does. After an error the receiver is unchanged.
func (m *NBD) UnmarshalJSON(data []byte) error {
	read, _, err := readNBD(data)
	if err == nil {
		*m = read
	}
	return err
}

// MarshalJSON writes the model and the diagnostics.
func (f NBDFit) MarshalJSON() ([]byte, error) {
	return marshalModel(f.Name(), &f.Unit, f.Parameters(), &f.Diagnostics)
}

// UnmarshalJSON reads a fit as strictly as [NBD.UnmarshalJSON] does a model.
// A bare model is refused with [keyaccount.ErrMissing].
func (f *NBDFit) UnmarshalJSON(data []byte) error {
	m, in, err := readNBD(data)
	if err != nil {
		return err
	}
	d, err := in.diagnostics()
	if err == nil {
		*f = NBDFit{m, d}
	}
	return err
}

func readNBD(data []byte) (m NBD, in savedModel, err error) {
	p, in, err := unmarshalModel(data, m.Name(), true, nbdNames(), nbdChart())
	if err != nil {
		return m, in, err
	}
	m = nbdOf(p, *in.Unit)
	return m, in, m.Validate()
}
