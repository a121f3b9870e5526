import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(Wrapup.class)
class WrapUpTest {
    private static final String WRAP_UP = """
            {"agent_sys_id": "agent-7", "interaction_sys_id": "interaction-1",
             "external": true, "external_segment_id": "CALL-1", "configuration": {}}""";

    @Test
    void aWrapUpIsStoredAsItWasSubmitted(Wrapup.Server wrapup) throws Exception {
        assertEquals(200, wrapup.call("POST", "segment/create", WRAP_UP).statusCode());
        String update = "segment/update?external_segment_id=CALL-1";
        assertEquals(200, wrapup.call("PUT", update, "{\"notes\": \"Refund sent.\"}").statusCode());

        String stored = wrapup.call("GET", "segment/CALL-1", "").body();
        assertEquals("closed", Wrapup.field(stored, "state"));
        assertEquals("Refund sent.", Wrapup.field(stored, "notes"));
    }

    @Test
    void nothingIsLeftOfOtherTests(Wrapup.Server wrapup) throws Exception {
        assertEquals(404, wrapup.call("GET", "segment/CALL-1", "").statusCode());
    }

    @Test
    void aLostAnswerIsAskedForAgain(Wrapup.Server wrapup) throws Exception {
        assertThrows(IOException.class,
                () -> wrapup.call("POST", "segment/create", WRAP_UP, "X-Wrapup-Fault", "drop-after"));
        String created = Wrapup.field(wrapup.call("GET", "segment/CALL-1", "").body(), "segment_id");

        String again = wrapup.call("POST", "segment/create", WRAP_UP).body();
        assertEquals(created, Wrapup.field(again, "sys_id"));
    }

    @Test
    void aWrapUpEndsByItselfAfterItsDuration(Wrapup.Server wrapup) throws Exception {
        wrapup.tell("/local/clock", "{\"set\": \"2026-01-05 08:00:00\"}");
        String timed = WRAP_UP.replace("{}",
                "{\"duration\": 120, \"show_timer\": true}, \"opened_on\": \"2026-01-05 08:00:00\"");
        assertEquals("open", Wrapup.field(wrapup.call("POST", "segment/create", timed).body(), "state"));

        wrapup.tell("/local/clock", "{\"forward\": \"3m\"}");

        String stored = wrapup.call("GET", "segment/CALL-1", "").body();
        assertEquals("closed", Wrapup.field(stored, "state"));
        assertTrue(stored.contains("\"timed_out\":true"), stored);
    }
}
