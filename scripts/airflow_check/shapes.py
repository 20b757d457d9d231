"""Modules, classes and arguments of the oldest and the newest version of Airflow that the DAG supports.

Each set of names comes from the file in its comment, in the repository apache/airflow or, for old versions, in a fork.
Airflow 2.6 was released in April 2023; the copies are from shortly before and after, without names that are known to be
newer or were deprecated then. Those of Airflow 3 are from the main branch.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .values import EXCEPTIONS, PokeReturnValue


@dataclass(frozen=True)
class Signature:
    """The keyword arguments of a constructor, and the fields that are rendered as templates."""

    accepts: frozenset[str]
    required: frozenset[str] = frozenset({"task_id"})
    template_fields: tuple[str, ...] = ()
    template_ext: tuple[str, ...] = ()


@dataclass(frozen=True)
class Shape:
    """A version of Airflow: import paths ("module:name") of DAG, operators and other values, with their arguments."""

    name: str
    dag_path: str
    dag_accepts: frozenset[str]
    operators: dict[str, Signature] = field(default_factory=dict)
    values: dict[str, type] = field(default_factory=dict)


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# airflow/models/baseoperator.py, BaseOperator.__init__ (pikki622/airflow at dd907d5, mid 2023).
_BASE_2 = _names(
    """task_id owner email email_on_retry email_on_failure retries retry_delay retry_exponential_backoff max_retry_delay
    start_date end_date depends_on_past ignore_first_depends_on_past wait_for_downstream dag params default_args
    priority_weight weight_rule queue pool pool_slots sla execution_timeout on_execute_callback on_failure_callback
    on_success_callback on_retry_callback pre_execute post_execute trigger_rule resources run_as_user
    max_active_tis_per_dag executor_config do_xcom_push inlets outlets task_group doc doc_md doc_json doc_yaml
    doc_rst"""
)
# task-sdk/src/airflow/sdk/bases/operator.py, BaseOperator (apache/airflow at 003b171); without sla.
_BASE_3 = (_BASE_2 - {"sla", "task_concurrency"}) | _names("max_active_tis_per_dagrun on_skipped_callback executor")

# airflow/sensors/base.py, BaseSensorOperator.__init__ (pmibex/apache-airflow at 556b997, 2022).
_SENSOR_2 = _BASE_2 | _names("poke_interval timeout soft_fail mode exponential_backoff max_wait silent_fail")
# task-sdk/src/airflow/sdk/bases/sensor.py, BaseSensorOperator.__init__ (apache/airflow at 028148b).
_SENSOR_3 = _BASE_3 | _names("poke_interval timeout soft_fail mode exponential_backoff max_wait silent_fail never_fail")

# airflow/providers/common/sql/operators/sql.py, BaseSQLOperator, SQLExecuteQueryOperator and SQLCheckOperator
# (hershey024/airflow at f7508a8, 2023). SQLCheckOperator renders only its sql: its conn_id must not be a template.
_SQL_2 = _BASE_2 | _names("conn_id database hook_params retry_on_failure")
_EXECUTE = _names("sql autocommit parameters handler split_statements return_last show_return_value_in_logs")
_SQL_OPERATORS_2 = {
    "airflow.providers.common.sql.operators.sql:SQLExecuteQueryOperator": Signature(
        _SQL_2 | _EXECUTE, _names("task_id sql conn_id"), ("conn_id", "sql", "parameters"), (".sql", ".json")
    ),
    "airflow.providers.common.sql.operators.sql:SQLCheckOperator": Signature(
        _SQL_2 | {"sql", "parameters"}, _names("task_id sql conn_id"), ("sql",), (".hql", ".sql")
    ),
}
# providers/common/sql/src/airflow/providers/common/sql/operators/sql.py (apache/airflow at 00475cb).
_SQL_3 = _BASE_3 | _names("conn_id database hook_params retry_on_failure")
_SQL_BASE_FIELDS_3 = ("conn_id", "database", "hook_params")
_SQL_OPERATORS_3 = {
    "airflow.providers.common.sql.operators.sql:SQLExecuteQueryOperator": Signature(
        _SQL_3 | _EXECUTE | _names("output_processor requires_result_fetch"),
        _names("task_id sql conn_id"),
        ("sql", "parameters", *_SQL_BASE_FIELDS_3),
        (".sql", ".json"),
    ),
    "airflow.providers.common.sql.operators.sql:SQLCheckOperator": Signature(
        _SQL_3 | {"sql", "parameters"}, _names("task_id sql conn_id"), ("sql", *_SQL_BASE_FIELDS_3), (".hql", ".sql")
    ),
}

# airflow/operators/bash.py (pikki622/airflow at dd907d5): skip_exit_code became skip_on_exit_code then, so neither is
# accepted.
_BASH = _names("bash_command env append_env output_encoding cwd")
_BASH_2 = Signature(_BASE_2 | _BASH, _names("task_id bash_command"), ("bash_command", "env"), (".sh", ".bash"))
# providers/standard/src/airflow/providers/standard/operators/bash.py (apache/airflow at 1782d20).
_BASH_3 = Signature(
    _BASE_3 | _BASH | _names("skip_on_exit_code output_processor"),
    _names("task_id bash_command"),
    ("bash_command", "env", "cwd"),
    (".sh", ".bash"),
)

# airflow/sensors/python.py (apache/airflow at 45ab02b; pull request 28932, merged in January 2023, has it pass a
# PokeReturnValue on) and
# providers/standard/src/airflow/providers/standard/sensors/python.py (apache/airflow at 4cd1aa0).
_PYTHON = _names("python_callable op_args op_kwargs templates_dict")
_PYTHON_FIELDS = ("templates_dict", "op_args", "op_kwargs")
_PYTHON_2 = Signature(_SENSOR_2 | _PYTHON, _names("task_id python_callable"), _PYTHON_FIELDS)
_PYTHON_3 = Signature(_SENSOR_3 | _PYTHON, _names("task_id python_callable"), _PYTHON_FIELDS)

# airflow/models/dag.py, DAG.__init__ (pikki622/airflow at dd907d5), without what is deprecated there.
_DAG_2 = _names(
    """dag_id description schedule start_date end_date template_searchpath template_undefined user_defined_macros
    user_defined_filters default_args max_active_tasks max_active_runs dagrun_timeout sla_miss_callback default_view
    orientation catchup on_success_callback on_failure_callback doc_md params access_control is_paused_upon_creation
    jinja_environment_kwargs render_template_as_native_obj tags owner_links auto_register fail_stop"""
)
# task-sdk/src/airflow/sdk/definitions/dag.py, DAG (apache/airflow at 008a445).
_DAG_3 = (_DAG_2 - {"default_view", "orientation", "fail_stop", "sla_miss_callback"}) | _names(
    "max_consecutive_failed_dag_runs deadline fail_fast dag_display_name disable_bundle_versioning"
)


def _exceptions(module: str) -> dict[str, type]:
    return {f"{module}:{each.__name__}": each for each in EXCEPTIONS}


SHAPES = (
    Shape(
        "Airflow 2.6",
        "airflow:DAG",
        _DAG_2,
        {
            **_SQL_OPERATORS_2,
            "airflow.operators.bash:BashOperator": _BASH_2,
            "airflow.sensors.python:PythonSensor": _PYTHON_2,
        },
        {"airflow.sensors.base:PokeReturnValue": PokeReturnValue, **_exceptions("airflow.exceptions")},
    ),
    Shape(
        "Airflow 3",
        "airflow.sdk:DAG",
        _DAG_3,
        {
            **_SQL_OPERATORS_3,
            "airflow.providers.standard.operators.bash:BashOperator": _BASH_3,
            "airflow.providers.standard.sensors.python:PythonSensor": _PYTHON_3,
        },
        {"airflow.sdk:PokeReturnValue": PokeReturnValue, **_exceptions("airflow.sdk.exceptions")},
    ),
)
