"""How a person is asked to do something, and asked no more once it is done."""

from markupsafe import escape

from odoo import SUPERUSER_ID

TODO = "mail.mail_activity_data_todo"


def schedule_task(
    records, summary="", note="", *, user, deadline=None, kind=TODO, about="task"
):
    """Give a person a task about each of the records.

    :param models.Model records: of a model with activities; a context with
        ``mail_activity_quick_update`` spares the person an e-mail for each
    :param str summary: what to do, in a few words; empty: as the type of task says
    :param str note: why, in a sentence, or `Markup`
    :param res.users user: who is asked
    :param datetime.date deadline: until when; None: today
    :param str kind: external id of the type of task
    :param str about: a code by which `find_tasks` finds it
    :return: the tasks, in sudo
    :rtype: mail.activity
    """
    asking = records.sudo()
    if records.env.user.share:
        # A payer is on the page: the mail that tells of the task is ours.
        asking = records.with_user(SUPERUSER_ID)
    return asking.activity_schedule(
        kind,
        date_deadline=deadline,
        summary=summary,
        note=escape(note),
        user_id=user.id,
        payment_task=about,
    )


def find_tasks(records, *about):
    """Return the open tasks that `schedule_task` made about records: neither what a
    person planned for themselves, nor what a rule of theirs did.

    :param models.Model records: of a model with activities
    :param str about: codes; without any, whatever it is about
    :rtype: mail.activity
    """
    wanted = ("payment_task", "in", about) if about else ("payment_task", "!=", False)
    return (
        records.env["mail.activity"]
        .sudo()
        .search(
            [("res_model", "=", records._name), ("res_id", "in", records.ids), wanted]
        )
    )
