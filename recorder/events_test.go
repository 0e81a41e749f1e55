package recorder

import "testing"

// Of what a host is too slow for the number is kept, and told with the next event that finds room.
func TestMissedEvents(t *testing.T) {
	listen, began := make(chan struct{}), make(chan struct{}, eventBuffer+10)
	var all []Event
	e := newEvents(func(ev Event) {
		began <- struct{}{}
		<-listen
		all = append(all, ev)
	})
	e.put(Event{Kind: SessionCreated})
	<-began // it is out of the buffer
	for range eventBuffer + 7 {
		e.put(Event{Kind: AlarmRaised})
	}
	listen <- struct{}{}
	<-began // and there is room for one
	e.put(Event{Kind: AlarmCleared})
	e.put(Event{Kind: AlarmCleared})
	close(listen)
	e.close()
	e.put(Event{Kind: SessionFinalized}) // too late, and no harm
	if len(all) != eventBuffer+2 {
		t.Fatalf("%d events were told, want %d", len(all), eventBuffer+2)
	}
	for i, ev := range all {
		want := Event{Kind: AlarmRaised}
		switch i {
		case 0:
			want.Kind = SessionCreated
		case eventBuffer + 1:
			want.Kind, want.Missed = AlarmCleared, 7
		}
		if ev.Kind != want.Kind || ev.Missed != want.Missed || ev.Time.IsZero() {
			t.Errorf("event %d: %+v, want %+v", i, ev, want)
		}
	}
}
