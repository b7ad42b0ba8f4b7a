package choreography.contract;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

class PersonNameTest {

    @ParameterizedTest
    @ValueSource(strings = {"Ada", "X", "3M", "O'Neil & Sons", "D’Arcy", "José (Pepe) Núñez-Ruiz, Jr.", "Zoe\u0308",
            "Nguyễn Văn A", "李小龍", "レオナルド・ディカプリオ", "ﾚｵ･ﾃﾞｨｶ", "山田　太郎", "Col·lell", "علی\u200cرضا", "അനില\u0d4d\u200d",
            "র\u200d\u09cdযা", "ශ\u0dca\u200dර\u0dd3", "Kaʻahumanu", "Ka‘ahumanu", "'t Hooft", "’s Jongers", "Rifa'",
            "Müller–Lüdenscheid", "Anne\u2011Marie", "Carl:son", "בן\u05beגוריון", "ג\u05f3ורג\u05f3", "צה\u05f4ל",
            "བསྟན་འཛིན", "Տէր\u058aՊետրոսեան", "ジャン゠リュック", "ジャン＝ジャック・ルソー",
            "ए॰ पी॰ जे॰ अब्दुल कलाम",
            "བསོད་ནམས་", "葛\udb40\udd00城", "ᠮ\u180bᠣ", "ᠰᠠᠷ\u180eᠠ", "ተስፋዬ፡ገብሬ", "ǃXun", "Ⅲ",
            "Abdul  Sami",
            "\ud81b\udf00", "ＡＤＡ（株）", "Ada\u00a0Lovelace"})
    void shouldTakeANameInAnyScript(String name) {
        assertThat(PersonName.isName(name)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "\u3000", " Ada", "Ada ", "Ada\u00a0", "Ada-", "Ada,", "Ada(", "-Ada", ".",
            "'", "()", "&",
            // what shows nothing, alone or beside a letter
            "\u3164", "\uffa0", "\u115f", "\u1160", "\u115f\u1160", "Ada\u3164", "Ada \u3164 Eve", "\ufe0f",
            "\ufe00\ufe01",
            "\udb40\udd00", "\u034f", "\u180b", "\u180e", "\u17b4", "\u200b", "\u200c", "\u200d", "\u2060", "\ufeff",
            "\ud80d\udc41", "\ud80d\udc42",
            "\u00ad", "Ada\u00ad", "Ada\u200b", "A\u200e", "A\u202eb", "A\u2066b", "A\u061cb", "A\udb40\udc41",
            "\u2800", "A\u2800", "\u1680", "\u2028", "Ada\u2028Eve", "\u0000", "Ada\t", "Ada\r\nBcc: eve",
            // a mark, a joiner or a selector without its letter
            "\u0301", "\u0301\u0301", "Ada \u0301", "\u0301Ada", "Ada-\u0301", "\u20dd", "A \u200d", "A\u200d\u200d",
            "A\u200c\u200d", "A\ufe0f\ufe0f", "A-\u200cB", "\u200cA", "\ud81b\udfe4",
            // what is in no name
            "<b>Ada</b>", "a;b", "{{name}}", "${body}", "a@b", "a/b", "a\\b", "a\"b", "a|b", "a_b", "a*b", "a+b",
            "a=b", "a#b",
            "50%", "why?", "Ada!", "Ada™", "Ada😀", "😀", "☃", "€", "\ud800", "Ada\ud800", "Ada\udc00", "\ufffd",
            "\ufffe",
            "\u0378", "\ue000"})
    void shouldRefuseWhatIsNoName(String name) {
        assertThat(PersonName.isName(name)).isFalse();
    }
}
