"""Checks of warehouse/airflow that need no Airflow. scripts/check-airflow.py runs them."""
