"""Public holidays where the company is, and what keeps to them."""

from datetime import date, datetime, time

from odoo.tests import tagged

from ..common.reminder_channel_case import ChannelCase


@tagged("post_install", "-at_install")
class TestReminderHolidays(ChannelCase):
    def place(self, country, state=False, postcode=False):
        """Put the company to another place."""
        self.company.partner_id.write(
            {
                "country_id": self.env.ref(f"base.{country}").id,
                "state_id": state and self.env.ref(f"base.state_{country}_{state}").id,
                "zip": postcode,
            }
        )

    def nowhere(self):
        self.company.partner_id.country_id = self.env["res.country"].create(
            {"name": "Atlantis", "code": "ZZ"}
        )

    def is_holiday(self, day):
        return self.company._is_on_holiday(datetime.combine(day, time(9)).astimezone())

    def assert_holidays(self, *days):
        for day in days:
            self.assertTrue(self.is_holiday(day), day)

    def assert_workdays(self, *days):
        for day in days:
            self.assertFalse(self.is_holiday(day), day)

    # === France ===

    def test_france(self):
        easter_monday, whit_monday = date(2026, 4, 6), date(2026, 5, 25)
        ascension, national_day = date(2026, 5, 14), date(2026, 7, 14)
        good_friday, after_christmas = date(2026, 4, 3), date(2026, 12, 26)
        for postcode in ("75011", False):
            self.place("fr", postcode=postcode)
            self.assert_holidays(easter_monday, whit_monday, ascension, national_day)
            self.assert_holidays(date(2027, 3, 29), date(2027, 5, 6), date(2027, 5, 17))
            self.assert_workdays(good_friday, after_christmas, date(2026, 5, 22))

    def test_alsace_and_moselle_keep_two_more(self):
        for postcode in ("67000", "68100", "57 000"):
            self.place("fr", postcode=postcode)
            self.assert_holidays(date(2026, 4, 3), date(2026, 12, 26))
            self.assert_holidays(date(2027, 3, 26), date(2026, 5, 8))
        self.place("fr", postcode="54000")
        self.assert_workdays(date(2026, 4, 3), date(2027, 3, 26))

    def test_the_end_of_slavery_overseas(self):
        days = {
            "97200": date(2026, 5, 22),
            "97110": date(2026, 5, 27),
            "97300": date(2026, 6, 10),
            "97400": date(2027, 12, 20),
            "97600": date(2026, 4, 27),
            "97150": date(2026, 5, 28),
            "97133": date(2026, 10, 9),
        }
        for postcode, day in days.items():
            self.place("fr", postcode=postcode)
            self.assert_holidays(day, date(2026, 7, 14))
            self.assert_workdays(*(set(days.values()) - {day}))
        self.place("fr", postcode="98800")
        self.assert_holidays(date(2026, 9, 24))
        self.place("mq")
        self.assert_holidays(date(2026, 5, 22), date(2026, 7, 14))

    def test_a_department_as_state_does_without_a_postcode(self):
        states = self.env["res.country.state"].create(
            [
                {"name": name, "code": code, "country_id": self.env.ref("base.fr").id}
                for name, code in (("Haut-Rhin", "68"), ("Martinique", "MQ"))
            ]
        )
        self.place("fr")
        for state, day in zip(
            states, (date(2026, 4, 3), date(2026, 5, 22)), strict=True
        ):
            self.assert_workdays(day)
            self.company.partner_id.state_id = state
            self.assert_holidays(day)

    # === Its neighbours ===

    def test_belgium_and_luxembourg(self):
        self.place("be", "9", "6600")
        self.assert_holidays(date(2026, 7, 21), date(2026, 11, 11), date(2027, 3, 29))
        self.assert_workdays(date(2026, 7, 14), date(2026, 6, 23))
        self.place("lu")
        self.assert_holidays(date(2026, 6, 23), date(2026, 5, 9), date(2026, 12, 26))
        self.assert_workdays(date(2026, 7, 21), date(2026, 11, 11))

    def test_germany_by_land(self):
        corpus_christi, reformation = date(2026, 6, 4), date(2026, 10, 31)
        womens_day, repentance = date(2027, 3, 8), date(2026, 11, 18)
        regional = {corpus_christi, reformation, womens_day, repentance}
        for state, its_own in (
            ("by", {corpus_christi}),
            ("nw", {corpus_christi}),
            ("be", {womens_day}),
            ("sn", {reformation, repentance}),
            ("hh", {reformation}),
        ):
            self.place("de", state)
            self.assert_holidays(*its_own, date(2026, 4, 3), date(2026, 10, 3))
            self.assert_workdays(*(regional - its_own), date(2026, 7, 14))
        self.place("de")
        self.assert_holidays(date(2026, 4, 3), date(2026, 10, 3), date(2026, 12, 26))
        self.assert_workdays(*regional)

    def test_switzerland_by_canton(self):
        genevan_fast, republic = date(2026, 9, 10), date(2027, 3, 1)
        for state in ("ge", "ge_fr", "ge_it"):
            self.place("ch", state)
            self.assert_holidays(genevan_fast, date(2026, 8, 1), date(2026, 4, 6))
            self.assert_workdays(republic, date(2026, 6, 4))
        self.place("ch", "ne_fr")
        self.assert_holidays(republic, date(2026, 8, 1))
        self.assert_workdays(genevan_fast)
        self.place("ch", "ti")
        self.assert_holidays(date(2026, 6, 29), date(2026, 8, 1))
        self.place("ch")
        self.assert_holidays(date(2026, 8, 1), date(2026, 12, 25))
        self.assert_workdays(genevan_fast, republic)

    def test_a_day_that_moves_is_kept_on_the_day_it_moved_to(self):
        # In 2026, All Saints' Day is a Sunday, and Monaco has the Monday off.
        self.place("mc")
        self.assert_holidays(date(2026, 11, 2))
        self.assert_workdays(date(2027, 11, 2))

    def test_places_and_years_of_which_nothing_is_known(self):
        self.place("fr")
        self.assert_workdays(date(2150, 7, 14), date(9999, 12, 25), date(1, 1, 2))
        self.nowhere()
        self.assert_workdays(date(2026, 12, 25))
        self.company.partner_id.country_id = False
        self.assert_workdays(date(2026, 12, 25))

    # === What keeps to them ===

    def test_a_holiday_waits_for_the_next_business_day(self):
        self.set_now(datetime(2026, 5, 14, 9))  # Ascension Day, a Thursday.
        self.overdue()
        self.run_reminders()
        reminder = self.reminders.search([])
        self.assertEqual(reminder.state, "to_send")
        self.assertIn("waits for a business day", reminder.note)
        self.next_days()
        self.run_reminders()
        self.assertEqual(reminder.state, "queued")

    def test_a_level_for_every_day_leaves_on_a_holiday(self):
        self.first.business_days = False
        self.set_now(datetime(2026, 5, 14, 9))
        self.overdue()
        self.run_reminders()
        self.assertEqual(self.reminders.search([]).state, "queued")

    def test_midnight_is_that_of_the_company(self):
        self.place("nc")
        self.company.partner_id.tz = "Pacific/Noumea"
        for moment, blocker in (
            (datetime(2026, 7, 13, 22, 0), "not_a_business_day"),
            (datetime(2026, 7, 14, 22, 0), None),
        ):
            self.set_now(moment)
            self.assertEqual(self.company._get_reminder_blocker(self.first), blocker)

    def test_the_next_business_day_is_after_all_of_them(self):
        def next_after(day):
            self.set_now(datetime.combine(day, time(9)))
            return self.company._get_next_business_day()

        self.place("fr", postcode="67000")
        # Good Friday, a week-end, Easter Monday.
        self.assertEqual(next_after(date(2026, 4, 2)), date(2026, 4, 7))
        # Christmas is a Friday, and Saint Stephen's Day a Saturday.
        self.assertEqual(next_after(date(2026, 12, 24)), date(2026, 12, 28))
        self.assertEqual(next_after(date(2026, 12, 31)), date(2027, 1, 4))
        self.place("fr", postcode="75011")
        self.assertEqual(next_after(date(2026, 4, 2)), date(2026, 4, 3))
        # The company bridges the day after Ascension Day.
        self.env["resource.calendar.leaves"].sudo().create(
            {
                "date_from": "2026-05-14 22:00:00",
                "date_to": "2026-05-15 21:59:59",
                "company_id": self.company.id,
                "calendar_id": False,
            }
        )
        self.assertEqual(next_after(date(2026, 5, 13)), date(2026, 5, 18))

    def test_who_did_not_answer_is_not_called_on_a_holiday(self):
        self.use("phone")
        self.set_now(datetime(2026, 7, 13, 9))
        reminder = self.remind(self.overdue())
        reminder.action_phone_outcome("no_answer")
        self.assertEqual(reminder.call_date, date(2026, 7, 15))

    # === What the settings say ===

    def test_the_settings_say_whose_holidays_count(self):
        def note():
            settings = self.env["res.config.settings"].create({})
            return settings.payment_reminder_holiday_note

        self.set_now(datetime(2026, 12, 26, 9))
        self.place("fr", postcode="75011")
        self.assertEqual(note(), "France. The next one is on 01/01/2027.")
        self.place("fr", postcode="67000")
        self.assertEqual(
            note(), "Alsace-Moselle, France. The next one is on 12/26/2026."
        )
        self.place("fr", postcode="97200")
        self.assertIn("Martinique. ", note())
        self.place("de", "by")
        self.assertIn("Bayern, Germany. ", note())
        for country in ("de", "fr"):
            self.place(country)
            self.assertIn("Those of your region are missing", note())
        self.nowhere()
        self.assertIn("None are known", note())
