"""Tasks that refresh the mirror of AdSuite's tables in the warehouse, and check the refresh."""

from __future__ import annotations

from datetime import timedelta

from airflow.providers.common.sql.operators.sql import SQLCheckOperator, SQLExecuteQueryOperator

# The macro `mirrored_tables` of the DAG; attribution_sql/check.sql needs it.
MIRRORED_TABLES = ("strategies", "iterations")
WAREHOUSE = "attribution_warehouse"
# The instant that read_clock has read, as an expression and as a template. The mirror has every iteration created until then; a later click
# is attributed by the next run, instead of to an iteration that may have ended.
CLOCK = "ti.xcom_pull(task_ids='read_clock')[0][0]"
AS_OF = f"{{{{ {CLOCK} }}}}"


def refresh_mirror() -> SQLCheckOperator:
    """The tasks read_clock, refresh_<table> for each mirrored table, and check_refresh, in this order; returns the last.

    check_refresh succeeds if each table has a finished refresh that started after read_clock read the warehouse's clock.
    """
    read_clock = SQLExecuteQueryOperator(
        task_id="read_clock",
        conn_id=WAREHOUSE,
        sql=_warehouse_sql("clock.sql"),
        autocommit=True,
        execution_timeout=timedelta(minutes=5),
    )
    check_refresh = SQLCheckOperator(
        task_id="check_refresh",
        conn_id=WAREHOUSE,
        sql="attribution_sql/check.sql",
        execution_timeout=timedelta(minutes=5),
    )
    read_clock >> [_refresh(table) for table in MIRRORED_TABLES] >> check_refresh
    return check_refresh


def _warehouse_sql(file: str, prelude: str = "") -> str:
    """The template of an SQL file that exists for each kind of warehouse."""
    kind = "var.value.get('attribution_warehouse_kind', 'redshift')"
    return f"{prelude}{{% include 'attribution_sql/' ~ {kind} ~ '/{file}' %}}"


def _refresh(table: str) -> SQLExecuteQueryOperator:
    """A task that refreshes one mirrored table, outside any transaction of the driver."""
    return SQLExecuteQueryOperator(
        task_id=f"refresh_{table}",
        conn_id=WAREHOUSE,
        sql=_warehouse_sql("refresh.sql", f"{{% set view = '{table}' %}}"),
        autocommit=True,
        do_xcom_push=False,
        execution_timeout=timedelta(minutes=30),
    )
